import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../../test/helpers/eventually.ts'
import { median } from '../harness/histogram.ts'
import type { Effort, Sample, Scenario, Session } from '../harness/scenario.ts'
import { AmosEvents } from '../peers/amos-events.ts'
import { AmosVoters } from '../peers/amos-voters.ts'

type Elected = AmosEvents<'amos.leader.elected'>

const VOTERS = 10
/** Fail-overs of each kind in a round. */
const FAIL_OVERS = 5
const SETTLED_WITHIN_MS = 30_000
const ASK_AGAIN_MS = 1_000

export const elections: Scenario = {
  name: 'elections',
  title: `Leader elections of ${VOTERS} agents in ${VOTERS} processes, own keys, flushed records`,
  metrics: [
    { name: 'killed', unit: 'ms', better: 'lower' },
    { name: 'frozen', unit: 'ms', better: 'lower' },
    { name: 'handOver', unit: 'ms', better: 'lower' },
  ],
  baseline: 'amos-synced',
  bars: [
    { contender: 'amos-synced', metric: 'killed', of: 'value', limit: 100 },
    { contender: 'amos-synced', metric: 'frozen', of: 'value', limit: 350 },
  ],
  contenders: [
    {
      name: 'amos-synced',
      about: 'one node, embedded store, synced; voters by the SDK, election timers 200 to 400 ms',
      open: openVoters,
    },
  ],
}

async function openVoters(): Promise<Session> {
  const voters = await AmosVoters.start({ count: VOTERS })
  return { round: (effort) => failOver(voters, effort), close: () => voters.close() }
}

async function failOver(voters: AmosVoters, { scale }: Effort): Promise<Sample> {
  const events = new AmosEvents(voters.client, 'amos.leader.elected')
  const count = Math.max(1, Math.ceil(FAIL_OVERS * scale))
  const killed: number[] = []
  const frozen: number[] = []
  const handOver: number[] = []
  try {
    for (let turn = 0; turn < count; turn += 1) {
      killed.push(await timeKilled(voters, events))
      frozen.push(await timeFrozen(voters, events))
      handOver.push(await timeHandOver(voters, events))
    }
  } finally {
    events.close()
  }
  return { killed: median(killed), frozen: median(frozen), handOver: median(handOver) }
}

/** kill -9: the hub sees the leader's channel close, and says so. */
async function timeKilled(voters: AmosVoters, events: Elected): Promise<number> {
  const leader = await settledLeader(voters)
  const begun = performance.now()
  const exited = voters.processOf(leader).close()
  await nextLeader(events, leader)
  const elapsedMs = performance.now() - begun
  await exited
  await voters.open(leader)
  return elapsedMs
}

/** SIGSTOP: the channel stays open, and only the voters' own timers tell. */
async function timeFrozen(voters: AmosVoters, events: Elected): Promise<number> {
  const leader = await settledLeader(voters)
  const begun = performance.now()
  voters.processOf(leader).pause()
  await nextLeader(events, leader)
  const elapsedMs = performance.now() - begun
  voters.processOf(leader).resume()
  return elapsedMs
}

/** Asked again where it does not come to that: a leader that is changing who votes leads on. */
async function timeHandOver(voters: AmosVoters, events: Elected): Promise<number> {
  const leader = await settledLeader(voters)
  const successor = voters.agentIds.find((agentId) => agentId !== leader) ?? ''
  const begun = performance.now()
  const handedOver = nextLeader(events, leader)
  let isOver: boolean
  do {
    await voters.client.consensus.startElection({ transferTo: successor })
    isOver = await Promise.race([handedOver.then(() => true), delay(ASK_AGAIN_MS, false)])
  } while (!isOver)
  return performance.now() - begun
}

/** The leader, once all are in the committee. */
async function settledLeader({ client, agentIds }: AmosVoters): Promise<string> {
  return eventually(
    async () => {
      const { leaderId, voters } = await client.consensus.leader()
      return voters.length === agentIds.length ? leaderId : undefined
    },
    { timeoutMs: SETTLED_WITHIN_MS, everyMs: 50, what: 'a leader of the whole committee' },
  )
}

async function nextLeader(events: Elected, before: string): Promise<void> {
  await events.next(({ subject }) => subject !== before)
}
