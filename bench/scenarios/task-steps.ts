import { BenchProcess } from '../harness/bench-process.ts'
import type { Bar, Contender, Sample, Scenario } from '../harness/scenario.ts'
import { type AmosName, type AmosServer, describeAmos, startAmos } from '../peers/amos-server.ts'
import { RedisCommands } from '../peers/redis-commands.ts'
import type { AmosClientCalls } from '../programs/amos-client.ts'

/** Longer than a round: renewals of leases are another question. */
const LEASE_MS = 600_000
const PACE = 100
const PACED_TASKS = 300
const BATCHED_TASKS = 20_000

/** What one task costs the store, from submit to completion: at a pace at which each starts at once, and in herds. */
export const taskSteps: Scenario = {
  name: 'task-steps',
  title: 'What a task costs the store: steps, commits, and commands that Redis is given',
  metrics: [
    { name: 'steps', unit: '/task', better: 'lower' },
    { name: 'commits', unit: '/task', better: 'lower' },
    { name: 'commands', unit: '/task', better: 'lower' },
    { name: 'stepsBatched', unit: '/task', better: 'lower' },
    { name: 'commandsBatched', unit: '/task', better: 'lower' },
  ],
  baseline: 'amos-committed',
  bars: ['amos-committed', 'amos-redis'].flatMap(barsOf),
  contenders: [contender('amos-committed'), contender('amos-redis')],
}

function barsOf(name: string): readonly Bar[] {
  const steps = { contender: name, metric: 'steps', of: 'value', limit: 2.05 } as const
  const batched = { contender: name, metric: 'stepsBatched', of: 'value', limit: 1.1 } as const
  const commands = { contender: name, metric: 'commands', of: 'value', limit: 3 } as const
  return name === 'amos-redis' ? [steps, batched, commands] : [steps, batched]
}

function contender(name: AmosName): Contender {
  return {
    name,
    about: `${describeAmos(name)}; ${PACE} tasks/s, then batches of 500`,
    open: async () => {
      const server = await startAmos(name, { environment: { AMOS_LEASE_MS: String(LEASE_MS) } })
      const client = await BenchProcess.start<AmosClientCalls>('bench/programs/amos-client.ts')
      await client.call('open', { url: server.url, leaseMs: LEASE_MS })
      return {
        round: async ({ scale }) => {
          const paced = Math.ceil(PACED_TASKS * scale)
          const batched = Math.ceil(BATCHED_TASKS * scale)
          const atPace = await costOf(server, paced, () =>
            client.call('measurePace', { jobs: paced, perSecond: PACE }),
          )
          const inHerds = await costOf(server, batched, () =>
            client.call('measureThroughput', { jobs: batched }),
          )
          return {
            ...atPace,
            stepsBatched: inHerds['steps'] ?? Number.NaN,
            commandsBatched: inHerds['commands'] ?? Number.NaN,
          }
        },
        close: async () => {
          await client.close()
          await server.close()
        },
      }
    },
  }
}

async function costOf(server: AmosServer, tasks: number, work: () => Promise<unknown>): Promise<Sample> {
  const port = server.redisPort
  const commands = port === undefined ? undefined : await RedisCommands.watch(port)
  const before = await server.storeCounts()
  await work()
  const after = await server.storeCounts()
  commands?.close()
  return {
    steps: (after.steps - before.steps) / tasks,
    commits: (after.commits - before.commits) / tasks,
    commands: (commands?.count ?? Number.NaN) / tasks,
  }
}
