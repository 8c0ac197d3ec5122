import type { ConsensusMessage } from '../../consensus/consensus-message.ts'
import { SwarmError } from '../../model/errors.ts'
import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StatementFate } from './consensus-meter.ts'

/** What a word costs the hub, where a vote costs 1: a signature to check, and a frame for every voter. */
const COST = {
  statement: 1,
  /** Signed and written for the agent. */
  choice: 10,
  certificate: 100,
  /** Answered with the proposal and all that was said of it. */
  ask: 100,
  election: 1,
  leadership: 10,
  /** These two are written, where they are news. */
  resigned: 10,
  committee: 10,
} as const satisfies Record<ConsensusMessage['kind'], number>
/** It is as long as many votes, but what travels along was heard before. */
const NOMINATION_COST = 4
/** Of a word that comes too late: a record is read, and its certificate sent. */
const LATE_COST = 10

const PER_SECOND = 1_000
/** Saved up: as much as an agent needs that comes back to the most proposals a swarm has open. */
export const CONSENSUS_WORK_MAX = 10_000

interface Balance {
  readonly left: number
  readonly at: MonotonicMs
}

/**
 * What each agent's words may cost the hub, so that none takes it away from the others and from the tasks. Whoever is
 * refused may say it again: voters do so by themselves.
 */
export class TokenBucket {
  readonly #clock: Clock
  /** Of agents that have said anything; what an agent has saved up outlives its connections. */
  readonly #balances = new Map<AgentId, Balance>()

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** @throws SwarmError `limit_exceeded` */
  spend(agentId: AgentId, cost: number): void {
    const { left, at } = this.#balanceOf(agentId)
    if (left < cost) {
      const actual = CONSENSUS_WORK_MAX - left + cost
      throw new SwarmError('limit_exceeded', {
        limitName: 'consensusWorkMax',
        limit: CONSENSUS_WORK_MAX,
        actual: Math.ceil(actual),
      })
    }
    this.#balances.set(agentId, { left: left - cost, at })
  }

  /** Once it is known what became of the word. Where it cost more than was spent, the agent goes into debt. */
  settle(agentId: AgentId, spent: number, fate: StatementFate): void {
    const cost = settledCost(spent, fate)
    if (cost === spent) return
    const { left, at } = this.#balanceOf(agentId)
    this.#balances.set(agentId, { left: Math.min(CONSENSUS_WORK_MAX, left + spent - cost), at })
  }

  /** The agent is not registered any more. */
  forget(agentId: AgentId): void {
    this.#balances.delete(agentId)
  }

  #balanceOf(agentId: AgentId): Balance {
    const now = this.#clock.monotonic()
    const before = this.#balances.get(agentId)
    if (before === undefined) return { left: CONSENSUS_WORK_MAX, at: now }
    const earned = ((now - before.at) * PER_SECOND) / 1_000
    return { left: Math.min(CONSENSUS_WORK_MAX, before.left + earned), at: now }
  }
}

export function costOf(message: ConsensusMessage): number {
  const isNomination = message.kind === 'statement' && message.message.kind === 'nomination'
  return isNomination ? NOMINATION_COST : COST[message.kind]
}

function settledCost(spent: number, fate: StatementFate): number {
  // Voters that wait pass on what all others have said, over and over.
  if (fate === 'duplicate') return 0
  return fate === 'not_open' ? Math.max(spent, LATE_COST) : spent
}
