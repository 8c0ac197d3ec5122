import { bytesToHex } from '../model/hex.ts'
import type { SigningRecord } from './ports/signing-journal.ts'
import type { UnsignedMessage } from './signed-messages.ts'

export type SlotRefusal = 'slot_taken' | 'slot_passed'

export type SlotVerdict =
  /** Nothing was signed for the slot: sign, record, then send. */
  | { readonly type: 'sign' }
  /** These very bytes were signed before: send the recorded message again, signature and all. */
  | { readonly type: 'repeat'; readonly record: SigningRecord }
  | { readonly type: 'refuse'; readonly reason: SlotRefusal }

/**
 * Whether a voter that has signed `records` for one instance may sign `bytes` for the slot of `message`.
 *
 * An instance has one slot for a ballot, and for each round one for a nomination, a prevote and a precommit, in that
 * order. A slot is never signed twice and never after a later one: what a voter no longer remembers having signed is
 * then always behind it.
 */
export function judgeSlot(
  records: readonly SigningRecord[],
  message: UnsignedMessage,
  bytes: Uint8Array,
): SlotVerdict {
  const wanted = slotNumber(message)
  const isBallot = message.kind === 'ballot'
  const track = records.filter((record) => (record.message.kind === 'ballot') === isBallot)
  const taken = track.find((record) => slotNumber(record.message) === wanted)
  if (taken !== undefined) {
    const isSame = taken.signBytes === bytesToHex(bytes)
    return isSame ? { type: 'repeat', record: taken } : { type: 'refuse', reason: 'slot_taken' }
  }
  const isPassed = track.some((record) => slotNumber(record.message) > wanted)
  return isPassed ? { type: 'refuse', reason: 'slot_passed' } : { type: 'sign' }
}

/** Whether a journal has to keep a record once another is added: of rounds the last two count, ballots always. */
export function isStillNeeded({ message: kept }: SigningRecord, { message: added }: SigningRecord): boolean {
  return kept.kind === 'ballot' || added.kind === 'ballot' || kept.round >= added.round - 1
}

const STEP_NUMBER = { nomination: 0, prevote: 1, precommit: 2 } as const

function slotNumber(message: UnsignedMessage): number {
  return message.kind === 'ballot' ? -1 : 3 * message.round + STEP_NUMBER[message.kind]
}
