import { beforeEach, describe, expect, it } from 'vitest'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { UnsignedMessage } from '#domain/consensus/signed-messages.ts'
import { VoteSigner } from '#domain/consensus/vote-signer.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { MemorySigningJournal } from '../../helpers/decision/memory-signing-journal.ts'

const world = new DecisionWorld()
const { instance } = world
const voter = world.voter(0)
const key = world.key(voter)
const value = world.approvals(0, 1, 2)
const valueId = world.idOf(value)
const unlocked = { locked: null, valid: null }

const vote = (kind: 'prevote' | 'precommit', round: number, id: typeof valueId | null): UnsignedMessage => ({
  kind,
  voter,
  round,
  validRound: -1,
  valueId: id,
})

describe('VoteSigner', () => {
  let journal: MemorySigningJournal
  let signer: VoteSigner

  beforeEach(() => {
    journal = new MemorySigningJournal(key.publicKey)
    signer = new VoteSigner({ key, journal })
  })

  it('signs a slot and has it on record, lock and all, before it answers', async () => {
    const locked = { id: valueId, value, round: 3 }
    const outcome = await signer.sign(instance, vote('precommit', 3, valueId), { locked, valid: null })
    expect(outcome).toEqual({ type: 'signed', record: journal.records[0] })
    expect(journal.records).toEqual([
      {
        proposalId: instance.proposalId,
        message: world.precommit(0, 3, value),
        signBytes: Buffer.from(signBytes(instance, vote('precommit', 3, valueId))).toString('hex'),
        locked,
        valid: null,
      },
    ])
  })

  it('answers the same bytes with the recorded signature, after a restart, too', async () => {
    const first = await signer.sign(instance, vote('prevote', 0, valueId), unlocked)
    const again = await new VoteSigner({ key, journal }).sign(instance, vote('prevote', 0, valueId), unlocked)
    expect(again).toEqual(first)
    expect(journal.records).toHaveLength(1)
  })

  it('refuses other bytes for a slot it has signed, after a restart, too', async () => {
    await signer.sign(instance, vote('prevote', 0, valueId), unlocked)
    const restarted = new VoteSigner({ key, journal })
    const outcome = await restarted.sign(instance, vote('prevote', 0, null), unlocked)
    expect(outcome).toEqual({ type: 'refused', reason: 'slot_taken' })
  })

  it('refuses another question under the same proposal id', async () => {
    await signer.sign(instance, vote('prevote', 0, null), unlocked)
    const other = new DecisionWorld({ proposal: { title: 'Delete everything?' } })
    const outcome = await signer.sign(other.instance, vote('prevote', 0, null), unlocked)
    expect(outcome).toEqual({ type: 'refused', reason: 'slot_taken' })
  })

  it('refuses a slot before one it has signed', async () => {
    await signer.sign(instance, vote('precommit', 2, null), unlocked)
    for (const passed of [vote('prevote', 2, null), vote('precommit', 1, null)]) {
      expect(await signer.sign(instance, passed, unlocked)).toEqual({
        type: 'refused',
        reason: 'slot_passed',
      })
    }
    expect(await signer.sign(instance, vote('prevote', 3, null), unlocked)).toMatchObject({ type: 'signed' })
  })

  it('signs one ballot, early or late', async () => {
    await signer.sign(instance, vote('precommit', 2, null), unlocked)
    const ballot = { kind: 'ballot', voter, choice: 'approve' } as const
    expect(await signer.sign(instance, ballot, unlocked)).toMatchObject({ type: 'signed' })
    const other = await signer.sign(instance, { ...ballot, choice: 'reject' }, unlocked)
    expect(other).toEqual({ type: 'refused', reason: 'slot_taken' })
  })

  it('keeps instances apart', async () => {
    const other = new DecisionWorld({ proposalId: 'merge-43' })
    await signer.sign(instance, vote('precommit', 2, null), unlocked)
    expect(await signer.sign(other.instance, vote('prevote', 0, null), unlocked)).toMatchObject({
      type: 'signed',
    })
  })

  it('signs one of two that are asked for at once', async () => {
    const outcomes = await Promise.all([
      signer.sign(instance, vote('prevote', 0, valueId), unlocked),
      signer.sign(instance, vote('prevote', 0, null), unlocked),
    ])
    expect(outcomes.map(({ type }) => type)).toEqual(['signed', 'refused'])
    expect(journal.records).toHaveLength(1)
  })

  it('gives nothing away when the record cannot be written, and signs afresh later', async () => {
    const failing = new FullJournal(key.publicKey)
    const onFullDisk = new VoteSigner({ key, journal: failing })
    await expect(onFullDisk.sign(instance, vote('prevote', 0, valueId), unlocked)).rejects.toThrow(
      'disk full',
    )
    failing.isFull = false
    expect(await onFullDisk.sign(instance, vote('prevote', 0, null), unlocked)).toMatchObject({
      type: 'signed',
    })
  })

  it('refuses to sign without a journal, or with the journal of another key', async () => {
    const bare = new VoteSigner({ key, journal: undefined })
    expect(await bare.sign(instance, vote('prevote', 0, null), unlocked)).toEqual({
      type: 'refused',
      reason: 'journal_missing',
    })
    const foreign = new MemorySigningJournal(world.key(world.voter(1)).publicKey)
    expect(
      await new VoteSigner({ key, journal: foreign }).sign(instance, vote('prevote', 0, null), unlocked),
    ).toEqual({
      type: 'refused',
      reason: 'journal_of_another_key',
    })
  })
})

class FullJournal extends MemorySigningJournal {
  isFull = true

  override async append(record: SigningRecord): Promise<void> {
    if (this.isFull) throw new Error('disk full')
    await super.append(record)
  }
}
