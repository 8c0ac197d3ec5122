import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import {
  agentName,
  type PatternStream,
  pickWeighted,
  Sequence,
  type StreamShift,
  type StreamStep,
} from './pattern-stream.ts'

const BLOC_SHARE = 0.65
const ABSTAIN_SHARE = 0.1

/** Proposals with a rate of approval of .3 to .8 each; with the effect 65 % of the votes follow the voter's bloc. */
export class BallotStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #agents: number
  readonly #sequence = new Sequence()
  readonly blocOf: ReadonlyMap<string, number>
  #proposals = 0

  constructor(random: SeededRandom, { agents }: StreamShift) {
    this.#random = random
    this.#agents = agents
    const order = Array.from({ length: agents }, (_, agent) => ({ agent, rank: random.next() })).toSorted(
      (a, b) => a.rank - b.rank,
    )
    this.blocOf = new Map(order.map(({ agent }, index) => [agentName(agent), index % 2]))
  }

  step(hasEffect: boolean): StreamStep {
    this.#proposals += 1
    const proposalId = `proposal-${this.#proposals}`
    const rate = 0.3 + 0.5 * this.#random.next()
    const approvingBloc = this.#random.integer(2)
    const observations: Observation[] = []
    for (let agent = 0; agent < this.#agents; agent++) {
      const voter = agentName(agent)
      const follows = hasEffect && this.#random.next() < BLOC_SHARE
      const approves = follows ? this.blocOf.get(voter) === approvingBloc : this.#random.next() < rate
      const choice = this.#random.next() < ABSTAIN_SHARE ? 'abstain' : approves ? 'approve' : 'reject'
      observations.push({ kind: 'ballot', ...this.#base(), proposalId, voter, choice })
    }
    observations.push({ kind: 'proposal_closed', ...this.#base(), proposalId })
    return { observations, units: 1 }
  }

  #base() {
    const sequence = this.#sequence.next()
    return { sequence, at: sequence * 1_000 }
  }
}

const COMMUNITIES = 4
const WITHIN_SHARE = 0.4

/** Ties between uneven agents; with the effect 40 % of the ties stay within one of four hidden communities. */
export class TieStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #weights: readonly number[]
  readonly #sequence = new Sequence()

  constructor(random: SeededRandom, { agents }: StreamShift) {
    this.#random = random
    this.#weights = Array.from({ length: agents }, () => 0.3 + random.next())
  }

  communityOf(agentId: string): number {
    return Number(agentId.slice('agent-'.length)) % COMMUNITIES
  }

  step(hasEffect: boolean): StreamStep {
    const first = pickWeighted(this.#random, this.#weights)
    const isWithin = hasEffect && this.#random.next() < WITHIN_SHARE
    const isPartner = (agent: number) =>
      agent !== first && (!isWithin || agent % COMMUNITIES === first % COMMUNITIES)
    let second = first
    while (!isPartner(second)) second = pickWeighted(this.#random, this.#weights)
    const sequence = this.#sequence.next()
    const agentIds = [agentName(first), agentName(second)] as const
    const tie = {
      kind: 'worked_together',
      sequence,
      at: sequence * 1_000,
      workId: `task-${sequence}`,
      agentIds,
    } as const
    return { observations: [tie], units: 1 }
  }
}
