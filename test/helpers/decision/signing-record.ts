import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { bytesToHex } from '#domain/model/hex.ts'
import type { DecisionWorld } from './decision-world.ts'

/** What a signer puts on record for a message. */
export function signingRecord(
  { instance }: DecisionWorld,
  message: SignedMessage,
  { locked, valid }: Partial<Pick<SigningRecord, 'locked' | 'valid'>> = {},
): SigningRecord {
  return {
    proposalId: instance.proposalId,
    message,
    signBytes: bytesToHex(signBytes(instance, message)),
    locked: locked ?? null,
    valid: valid ?? null,
  }
}
