import type { BallotObservation, Observation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Judgement,
} from '../pattern.ts'
import { SlidingWindow } from '../sliding-window.ts'
import { leadingDirection } from '../statistics/leading-direction.ts'
import { tracyWidomUpperTail } from '../statistics/tail-probabilities.ts'
import { BoundedMap, tally } from '../tally.ts'

interface Proposal {
  readonly votes: Map<string, string>
  lastSequence: number
  lastAt: number
}

const OPEN_PROPOSALS_MAX = 1_000
const VOTERS_MAX = 200
const VOTERS_MIN = 6
const ABSTAIN = 'abstain'

/**
 * Polarisation: voters fall into two blocs that vote against each other over many proposals.
 *
 * Null model: on each proposal the voters are exchangeable given how many chose what, so the standardised matrix of
 * voters × proposals has independent columns, and its largest squared singular value follows the Tracy–Widom law (I.
 * Johnstone, "On the distribution of the largest eigenvalue in principal components analysis", Annals of Statistics
 * 2001). The signs of the leading singular vector are the blocs. Abstentions are left out.
 *
 * Effect: share of the variance of the votes that the two blocs explain.
 */
export class PolarisationDetector implements Detector {
  readonly kind = 'polarisation'
  readonly reads = ['ballot', 'proposal_closed'] as const
  readonly #open = new BoundedMap<Proposal>(OPEN_PROPOSALS_MAX)
  readonly #closed: SlidingWindow<Proposal>
  readonly #window: number
  #isClosingSeen = false

  /** @param window proposals in a window, at least 8 */
  constructor(window = 20) {
    this.#window = window
    this.#closed = new SlidingWindow(window, Math.ceil(window / 2))
  }

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind === 'proposal_closed') {
      this.#isClosingSeen = true
      return this.#close(observation.proposalId)
    }
    return observation.kind === 'ballot' ? this.#vote(observation) : undefined
  }

  #vote({ proposalId, voter, choice, sequence, at }: BallotObservation): Judgement | undefined {
    const known = this.#open.get(proposalId)
    // A log without closings (imported ballots): a proposal is complete when voting on another one begins.
    const [previous] = known === undefined && !this.#isClosingSeen ? this.#open.keys() : []
    const proposal = known ?? { votes: new Map<string, string>(), lastSequence: 0, lastAt: 0 }
    if (proposal.votes.size < VOTERS_MAX || proposal.votes.has(voter)) proposal.votes.set(voter, choice)
    proposal.lastSequence = sequence
    proposal.lastAt = at
    this.#open.set(proposalId, proposal)
    return previous === undefined ? undefined : this.#close(previous)
  }

  #close(proposalId: string): Judgement | undefined {
    const proposal = this.#open.get(proposalId)
    this.#open.delete(proposalId)
    const due = proposal && this.#closed.add(proposal)
    return due && judge(due, this.#window)
  }
}

function judge(proposals: readonly Proposal[], window: number): Judgement {
  const frequent = [...tally(proposals.flatMap(({ votes }) => decidedVoters(votes)))]
  const voters = frequent.filter(([, count]) => count >= window / 4).map(([voter]) => voter)
  const columns = proposals
    .map(({ votes }) => standardise(voters, votes))
    .filter((column) => column !== undefined)
  if (voters.length < VOTERS_MIN || columns.length < window / 2) return { found: [] }
  const { value, direction } = leadingDirection(columns, voters.length)
  const total = columns.reduce((sum, column) => sum + column.reduce((part, x) => part + x * x, 0), 0)
  const pValue = largestValueTail(value, total, columns.length, voters.length - 1)
  if (pValue >= FALSE_ALARMS_PER_WINDOW / 2) return { found: [] }
  const blocs = [1, -1].map((sign) => voters.filter((_, index) => (direction[index] ?? 0) * sign > 0))
  const byWeight = voters
    .map((voter, index) => ({ voter, weight: Math.abs(direction[index] ?? 0) }))
    .toSorted((a, b) => b.weight - a.weight)
  return {
    found: [
      {
        kind: 'polarisation',
        key: 'swarm',
        agentIds: byWeight.map(({ voter }) => voter).slice(0, AGENTS_NAMED_MAX),
        evidence: proposals.slice(-EVIDENCE_MAX).map(({ lastSequence }) => lastSequence),
        taskIds: [],
        groups: blocs.map((agentIds, index) => ({
          label: `bloc ${index + 1}`,
          agentIds: agentIds.slice(0, AGENTS_NAMED_MAX),
        })),
        pValue,
        effect: Math.min(1, value / total),
        at: proposals.at(-1)?.lastAt ?? 0,
      },
    ],
  }
}

function decidedVoters(votes: ReadonlyMap<string, string>): string[] {
  return [...votes].filter(([, choice]) => choice !== ABSTAIN).map(([voter]) => voter)
}

/** The most frequent choice against all others, with mean 0 and variance 1 over the voters; 0 for no vote. */
function standardise(voters: readonly string[], votes: ReadonlyMap<string, string>): number[] | undefined {
  const choices = voters.map((voter) => votes.get(voter)).filter((choice) => choice !== ABSTAIN)
  const cast = choices.filter((choice) => choice !== undefined)
  const [first] = [...tally(cast)].toSorted(([, a], [, b]) => b - a)
  if (first === undefined || cast.length < VOTERS_MIN || first[1] === cast.length) return undefined
  const share = first[1] / cast.length
  const deviation = Math.sqrt(share * (1 - share))
  return voters.map((voter) => {
    const choice = votes.get(voter)
    if (choice === undefined || choice === ABSTAIN) return 0
    return ((choice === first[0] ? 1 : 0) - share) / deviation
  })
}

/** Johnstone's centring and scaling of the largest squared singular value of an n × p matrix of unit variance. */
function largestValueTail(value: number, total: number, n: number, p: number): number {
  const unit = total / (n * p)
  const rootN = Math.sqrt(n - 0.5)
  const rootP = Math.sqrt(p - 0.5)
  const centre = (rootN + rootP) ** 2
  const scale = (rootN + rootP) * (1 / rootN + 1 / rootP) ** (1 / 3)
  return tracyWidomUpperTail((value / unit - centre) / scale)
}
