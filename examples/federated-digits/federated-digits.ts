// Ten agents learn to read digits together. Each has a skewed part of the samples and shows it to nobody; two of them lie
// and one is silent. The leader of the swarm is killed in the middle of a round.
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SwarmApiError, SwarmClient } from 'amos-swarm'
import { CLASS_COUNT, INPUT_COUNT, readDigits } from './data.ts'
import { AGENT_COUNT } from './local-training.ts'
import { accuracy, emptyModel } from './softmax.ts'

const ROUNDS = 3
const SILENT = 9
const FORMAT = 'float64'

const client = new SwarmClient({ url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000' })
const { models } = client
const agents = new Map<string, ChildProcess>()
try {
  await run()
} finally {
  for (const agent of agents.values()) agent.kill('SIGKILL')
}

async function run(): Promise<void> {
  await models.create({ model: 'digits', format: FORMAT, shape: [CLASS_COUNT, INPUT_COUNT + 1] })
  await models.upload('digits', emptyModel(CLASS_COUNT, INPUT_COUNT), FORMAT)
  for (let index = 0; index < AGENT_COUNT; index++) agents.set(`learner-${index}`, start(index))
  await until(async () => (await client.listAgents({ status: 'online' })).agents.length === AGENT_COUNT)
  await client.consensus.startElection()
  await until(async () => (await client.consensus.leader()).leaderId !== undefined)
  for (let round = 1; round <= ROUNDS; round++) await train(round)
}

function start(index: number): ChildProcess {
  const program = fileURLToPath(new URL('agent.ts', import.meta.url))
  const role = index === SILENT ? ['silent'] : []
  return spawn(process.execPath, [...process.execArgv, program, String(index), ...role], { stdio: 'inherit' })
}

async function train(round: number): Promise<void> {
  const { roundId, coordinator } = await models.openRound({
    model: 'digits',
    // At most two lie: their updates are far from the others and are left out.
    aggregator: { kind: 'multi_krum', byzantineMax: 2, selectedCount: 5 },
    clientsMin: 7,
    durationMs: 60_000,
    parameters: { epochs: 2 },
  })
  if (round === 2 && coordinator !== undefined) {
    agents.get(coordinator.agentId)?.kill('SIGKILL')
    agents.delete(coordinator.agentId)
    await until(async () => {
      const now = (await models.round(roundId)).coordinator?.agentId
      return now !== undefined && now !== coordinator.agentId
    })
    console.log(`round ${round}: the leader was killed, and another one took the round over`)
  }
  // Nobody waits for the silent agent: the round is closed when all the others have sent their updates.
  const awaited = [...agents.keys()].filter((agentId) => agentId !== `learner-${SILENT}`)
  await until(async () => {
    const { updates } = await models.round(roundId)
    return awaited.every((agentId) => updates.some((update) => update.agentId === agentId))
  })
  await close(roundId)
  await until(async () => (await models.round(roundId)).status !== 'aggregating')
  const { status, updates } = await models.round(roundId)
  const { numbers } = await models.read('digits')
  const reached = accuracy(numbers, readDigits().test, CLASS_COUNT)
  const senders = updates.map(({ agentId }) => agentId).toSorted()
  console.log(`round ${round}: ${status}, accuracy ${reached.toFixed(3)}, updates of ${senders.join(' ')}`)
}

/** Unless it has closed by itself: all have answered, or left. */
async function close(roundId: string): Promise<void> {
  try {
    await models.closeRound(roundId)
  } catch (error) {
    if (!(error instanceof SwarmApiError) || error.code !== 'round_refused') throw error
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause(50)
}
