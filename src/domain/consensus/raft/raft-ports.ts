import type { AgentId } from '../../model/ids.ts'
import type { RaftMessage } from './raft-message.ts'
import type { DurableState } from './raft-state.ts'
import type { ElectorateEpoch, Leadership } from './term.ts'
import type { VoteCertificate } from './vote-certificate.ts'

/**
 * What one voter keeps across restarts.
 *
 * Every adapter owes:
 * - `save` resolves only when the state is on disk and survives a power loss; it replaces the one before, whole or not
 *   at all;
 * - it is created together with the voter's key. A key that comes back without its state could vote twice in a term:
 *   the agent then registers a new key.
 */
export interface RaftStore {
  load(): Promise<DurableState | undefined>
  save(durable: DurableState): Promise<void>
}

/** Carries messages to other voters. It may lose, delay, repeat and reorder them, but not change who they are from. */
export interface RaftTransport {
  send(message: RaftMessage): void
}

export interface LeaderNews extends Leadership {
  /** Null where the leader was lost and no other is known. */
  readonly leaderId: AgentId | null
  /** Only from the winner itself. */
  readonly certificate: VoteCertificate | null
}

export interface VotersNews {
  readonly epoch: ElectorateEpoch
  /** Their place in the log: a higher one of the same epoch is newer. */
  readonly index: number
  readonly voters: readonly AgentId[]
}

export interface RaftListener {
  leaderChanged(news: LeaderNews): void
  votersChanged(news: VotersNews): void
  /** A vote whose signature does not hold was thrown away. */
  voteRejected(from: AgentId): void
  /** The voter could not persist and takes no further part: what it said last may not be what it remembers. */
  halted(error: unknown): void
}
