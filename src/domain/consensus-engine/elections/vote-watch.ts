import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import { type DoubleVote, DoubleVoteWatch } from '../../consensus/raft/double-vote.ts'
import {
  type ElectionPlace,
  isVoteSound,
  type KeyOf,
  type Vote,
} from '../../consensus/raft/vote-certificate.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import { isSwarmError } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Logger } from '../../ports/logger.ts'
import type { StatementFate } from '../voters/consensus-meter.ts'
import type { ElectionRepository } from './election-repository.ts'

export interface VoteWatchOptions {
  readonly place: ElectionPlace
}

export interface VoteWatchModules {
  readonly registry: AgentRegistry
  readonly repository: ElectionRepository
  readonly reminders: Reminders
  readonly logger: Logger
  readonly verifier: SignatureVerifier
  readonly keyOf: KeyOf
}

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/** Looks at each vote that passes the hub: whether its voter signed it, and whether it gave that vote once only. */
export class VoteWatch {
  readonly #options: VoteWatchOptions
  readonly #modules: VoteWatchModules
  #votes = new DoubleVoteWatch()
  /** Voters whose quarantine is being written. */
  readonly #accused = new Set<AgentId>()

  constructor(options: VoteWatchOptions, modules: VoteWatchModules) {
    this.#options = options
    this.#modules = modules
  }

  /** @returns why the vote is not passed on; undefined where it may be. */
  admit(vote: Vote): StatementFate | undefined {
    const { keyOf, verifier } = this.#modules
    if (!isVoteSound(this.#options.place, vote, keyOf, verifier)) return 'vote_forged'
    return this.observe(vote) ? 'vote_doubled' : undefined
  }

  /** @param vote whose signature was checked. @returns whether its voter has voted for another before. */
  observe(vote: Vote): boolean {
    const doubleVote = this.#votes.observe(vote)
    if (doubleVote !== undefined) void this.#accuse(doubleVote)
    return doubleVote !== undefined
  }

  /** A new electorate: votes in the one before are not passed on any more. */
  begin(): void {
    this.#votes = new DoubleVoteWatch()
  }

  /** The voter left the committee. */
  forget(voter: AgentId): void {
    this.#votes.forget(voter)
  }

  async #accuse(doubleVote: DoubleVote): Promise<void> {
    const { repository, registry } = this.#modules
    const { voter, term } = doubleVote.first
    if (this.#accused.has(voter) || registry.find(voter)?.record.quarantine !== undefined) return
    this.#accused.add(voter)
    await repository.addEvidence(doubleVote)
    this.#quarantine(voter, `voted for two candidates in term ${term} of the leader election`)
  }

  #quarantine(voter: AgentId, reason: string): void {
    const { registry, reminders, logger } = this.#modules
    registry
      .change(voter, 'agent.quarantined', (record) => ({ ...record, quarantine: reason }), { reason })
      .then(() => this.#accused.delete(voter))
      .catch((error: unknown) => {
        logger.warn({ error, agentId: voter }, 'quarantine not written')
        if (isSwarmError(error, 'store_unavailable'))
          reminders.set(TRY_AGAIN_MS, () => this.#quarantine(voter, reason))
        else this.#accused.delete(voter)
      })
  }
}
