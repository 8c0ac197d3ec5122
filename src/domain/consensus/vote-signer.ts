import { bytesToHex } from '../model/hex.ts'
import type { ProposalId } from '../model/ids.ts'
import type { DecisionInstance } from './instance.ts'
import type { SigningJournal, SigningRecord } from './ports/signing-journal.ts'
import type { SigningKey } from './ports/signing-key.ts'
import { signBytes } from './sign-bytes.ts'
import type { SignedMessage, UnsignedMessage } from './signed-messages.ts'
import { judgeSlot, type SlotRefusal } from './signing-slot.ts'

export type SigningRefusal = SlotRefusal | 'journal_missing' | 'journal_of_another_key'

export type SignOutcome =
  | { readonly type: 'signed'; readonly record: SigningRecord }
  | { readonly type: 'refused'; readonly reason: SigningRefusal }

export interface VoteSignerModules {
  readonly key: SigningKey
  /** Undefined where the key is there but its journal is gone: then nothing is signed, and a new key is due. */
  readonly journal: SigningJournal | undefined
}

/**
 * The only door to a voter's key: signs each slot of an instance at most once, across restarts.
 *
 * A message may leave only when the promise has resolved: by then its record is durable, and a process that dies right
 * after sends the same bytes again instead of voting anew.
 */
export class VoteSigner {
  readonly #key: SigningKey
  readonly #journal: SigningJournal | undefined
  /** The last signing of each instance that is under way: the next reads the journal only when that has written. */
  readonly #underWay = new Map<ProposalId, Promise<unknown>>()

  constructor({ key, journal }: VoteSignerModules) {
    this.#key = key
    this.#journal = journal
  }

  /**
   * @param state what the voter is locked on and knows to be valid once the message is out.
   * @throws what the journal throws: then nothing may be sent.
   */
  async sign(
    instance: DecisionInstance,
    message: UnsignedMessage,
    state: Pick<SigningRecord, 'locked' | 'valid'>,
  ): Promise<SignOutcome> {
    const journal = this.#journal
    if (journal === undefined) return { type: 'refused', reason: 'journal_missing' }
    if (journal.publicKey !== this.#key.publicKey)
      return { type: 'refused', reason: 'journal_of_another_key' }
    return this.#afterOthers(instance.proposalId, () => this.#signSlot(journal, instance, message, state))
  }

  async #signSlot(
    journal: SigningJournal,
    instance: DecisionInstance,
    message: UnsignedMessage,
    { locked, valid }: Pick<SigningRecord, 'locked' | 'valid'>,
  ): Promise<SignOutcome> {
    const { proposalId } = instance
    const bytes = signBytes(instance, message)
    const verdict = judgeSlot(await journal.read(proposalId), message, bytes)
    if (verdict.type === 'refuse') return { type: 'refused', reason: verdict.reason }
    if (verdict.type === 'repeat') return { type: 'signed', record: verdict.record }
    const signed = { ...message, signature: this.#key.sign(bytes) } as SignedMessage
    const record = { proposalId, message: signed, signBytes: bytesToHex(bytes), locked, valid }
    // Before the caller can send it: a vote that is out but not on record could be contradicted after a restart.
    await journal.append(record)
    return { type: 'signed', record }
  }

  async #afterOthers<T>(proposalId: ProposalId, work: () => Promise<T>): Promise<T> {
    const previous = this.#underWay.get(proposalId) ?? Promise.resolve()
    const mine = previous.then(work, work)
    this.#underWay.set(proposalId, mine)
    try {
      return await mine
    } finally {
      if (this.#underWay.get(proposalId) === mine) this.#underWay.delete(proposalId)
    }
  }
}
