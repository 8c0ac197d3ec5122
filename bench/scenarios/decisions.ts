import { LIES, type Lie } from '../../examples/code-review/lies.ts'
import { Histogram } from '../harness/histogram.ts'
import type { Effort, Sample, Scenario, Session } from '../harness/scenario.ts'
import { AmosEvents } from '../peers/amos-events.ts'
import { AmosVoters } from '../peers/amos-voters.ts'

const VOTERS = 10
const DECISIONS = 40
const DEADLINE_MS = 10_000

interface Trouble {
  /** The proposer of the first round is dead. */
  readonly isProposerDead?: boolean
  readonly liars?: ReadonlyMap<number, Lie>
}

/** The first of them is the first to propose. */
const THREE_LIARS = new Map([0, 1, 2].map((at) => [at, LIES[at % LIES.length] ?? 'equivocates'] as const))

export const decisions = scenario('decisions', 'all of them well', {}, { p50: 40, p99: 150 })
export const decisionsDeadProposer = scenario(
  'decisions-dead-proposer',
  'the first proposer dead',
  { isProposerDead: true },
  { p99: 500 },
)
export const decisionsByzantine = scenario(
  'decisions-byzantine',
  'three of them liars, the first proposer among them',
  { liars: THREE_LIARS },
  { p99: 500 },
)

/** From the moment at which the ballots decide until there is a certificate; agents think before that. */
function scenario(
  name: string,
  what: string,
  trouble: Trouble,
  bars: Readonly<Record<string, number>>,
): Scenario {
  return {
    name,
    title: `Decisions of ${VOTERS} agents in ${VOTERS} processes, own keys, flushed records, ${what}`,
    metrics: [
      { name: 'decisions', unit: '', better: 'higher' },
      { name: 'p50', unit: 'ms', better: 'lower' },
      { name: 'p99', unit: 'ms', better: 'lower' },
    ],
    baseline: 'amos-synced',
    bars: Object.entries(bars).map(([metric, limit]) => ({
      contender: 'amos-synced',
      metric,
      of: 'value',
      limit,
    })),
    contenders: [
      {
        name: 'amos-synced',
        about: 'one node, embedded store, synced; voters by the SDK',
        open: (effort) => openVoters(trouble, effort),
      },
    ],
  }
}

async function openVoters({ isProposerDead = false, liars }: Trouble, effort: Effort): Promise<Session> {
  const voters = await AmosVoters.start({ count: VOTERS, ...(liars === undefined ? {} : { liars }) })
  const [first = ''] = voters.agentIds
  if (isProposerDead) await voters.processOf(first).close()
  const liarIds = voters.agentIds.filter((_, at) => liars?.has(at) === true)
  const count = Math.max(5, Math.ceil(DECISIONS * effort.scale))
  return { round: () => decide(voters, liarIds, count), close: () => voters.close() }
}

async function decide(voters: AmosVoters, liarIds: readonly string[], count: number): Promise<Sample> {
  const agreements = new Histogram()
  const { client, agentIds } = voters
  const [firstProposer = ''] = agentIds
  const events = new AmosEvents(client, 'amos.proposal.decided')
  try {
    for (let round = 0; round < count; round += 1) {
      // Caught in the last one, they are given another chance to lie.
      for (const liar of liarIds) await client.updateAgent(liar, { isQuarantined: false })
      const { proposalId } = await client.consensus.propose({
        title: `Decision ${round}?`,
        payload: { round },
        deadlineMs: DEADLINE_MS,
        electorate: { kind: 'agents', agentIds: [...agentIds] },
        firstProposer,
      })
      const { data } = await events.next(({ subject }) => subject === proposalId)
      agreements.record(data.agreementMs)
    }
  } finally {
    events.close()
  }
  return { decisions: count, p50: agreements.quantile(0.5), p99: agreements.quantile(0.99) }
}
