import { eventually } from '../../test/helpers/eventually.ts'
import type { Effort, Sample, Scenario, Session } from '../harness/scenario.ts'
import { AmosAgent, type AmosAgentEvents, CAPABILITY, registerAgent } from '../peers/amos-agent.ts'
import { AmosRest } from '../peers/amos-rest.ts'
import { type AmosName, type AmosServer, describeAmos, startAmos } from '../peers/amos-server.ts'

const PENDING = 100_000
const BATCH = 500
const ASSIGNED_WITHIN_MS = 60_000
const NAMES = ['amos-synced', 'amos-redis'] as const satisfies readonly AmosName[]

export const restart: Scenario = {
  name: 'restart',
  title: 'Restart after kill -9 with many pending tasks: from the start of the process',
  metrics: [
    { name: 'pending', unit: 'tasks', better: 'higher' },
    { name: 'ready', unit: 'ms', better: 'lower' },
    { name: 'firstAssigned', unit: 'ms', better: 'lower' },
  ],
  baseline: 'amos-synced',
  bars: [{ contender: 'amos-synced', metric: 'ready', of: 'value', limit: 3_000 }],
  contenders: NAMES.map((name) => ({
    name,
    about: describeAmos(name),
    open: (effort) => openPending(name, effort),
  })),
}

async function openPending(name: AmosName, { scale }: Effort): Promise<Session> {
  const server = await startAmos(name)
  const rest = new AmosRest(server.url)
  const pending = Math.ceil(PENDING * scale)
  for (let submitted = 0; submitted < pending; submitted += BATCH) {
    const tasks = Array.from({ length: Math.min(BATCH, pending - submitted) }, newTask)
    await rest.post('/default/tasks/batch', { tasks })
  }
  let round = 0
  return {
    round: async () => {
      round += 1
      await registerAgent(rest, `agent-${round}`, 1)
      return { pending, ...(await killAndStart(server, `agent-${round}`)) }
    },
    close: () => server.close(),
  }
}

async function killAndStart(server: AmosServer, agentId: string): Promise<Sample> {
  await server.kill9()
  const begun = performance.now()
  const elapsedMs = (): number => performance.now() - begun
  const [ready, firstAssigned] = await Promise.all([
    server.start().then(elapsedMs),
    firstAssignment(server.url, agentId).then(elapsedMs),
  ])
  return { ready, firstAssigned }
}

/** An agent that tries to connect until it can, and leaves with its first task. */
function firstAssignment(url: string, agentId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`${agentId} was given no task`))
    const timer = setTimeout(giveUp, ASSIGNED_WITHIN_MS)
    const events: AmosAgentEvents = {
      onAssigned: (_task, agent) => {
        clearTimeout(timer)
        agent.close()
        resolve()
      },
      onCompleted: () => undefined,
      onRefused: (reason) => reject(new Error(reason)),
    }
    const connect = (): Promise<AmosAgent> => AmosAgent.connect(url, agentId, events)
    eventually(connect, { timeoutMs: ASSIGNED_WITHIN_MS, what: 'a channel' }).catch(reject)
  })
}

function newTask() {
  return { type: 'bench', capabilities: [CAPABILITY], payload: { text: 'x'.repeat(256) } }
}
