import type { PublicKey } from '../../model/hex.ts'
import type { ProposalId } from '../../model/ids.ts'
import type { LockedValue, ValidValue } from '../bft/round-state.ts'
import type { SignedMessage } from '../signed-messages.ts'

/** One signature, and the state of the voter that gave it. */
export interface SigningRecord {
  readonly proposalId: ProposalId
  readonly message: SignedMessage
  /** What the signature covers, in hex: no other bytes may ever be signed for the same slot. */
  readonly signBytes: string
  /** What the voter was locked on and knew to be valid (the paper's locked* and valid*) when it sent the message. */
  readonly locked: LockedValue | null
  readonly valid: ValidValue | null
}

/**
 * The write-ahead record of one key: what it has signed.
 *
 * Every adapter owes:
 * - `append` resolves only when the record is on disk and survives a power loss;
 * - a record once appended is never lost while its instance is open; a record of a round may go when one of the round
 *   after the next is there, a ballot's never;
 * - it is created together with its key and says so: after a loss it must not come back empty under the old key.
 */
export interface SigningJournal {
  /** The key it was created with. */
  readonly publicKey: PublicKey
  /** In the order they were appended. */
  read(proposalId: ProposalId): Promise<readonly SigningRecord[]>
  append(record: SigningRecord): Promise<void>
}
