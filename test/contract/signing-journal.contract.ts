import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SigningJournal, SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import { proposalId } from '#domain/model/ids.ts'
import { DecisionWorld } from '../helpers/decision/decision-world.ts'
import { signingRecord } from '../helpers/decision/signing-record.ts'

/** One key's journal, as it is found again after restarts. */
export interface JournalUnderTest {
  /** Another object after {@link reopen}. */
  readonly journal: SigningJournal
  /** Closes it in good order and opens what is left, as a restart does. */
  reopen(): Promise<void>
  teardown(): Promise<void>
}

const world = new DecisionWorld()
const other = new DecisionWorld({ proposalId: 'merge-43' })
const value = world.approvals(0, 1, 2)
const ballot = signingRecord(world, world.ballot(0))
const prevote = (round: number): SigningRecord => signingRecord(world, world.prevote(0, round, value))
const precommit = (round: number): SigningRecord => {
  const locked = { id: world.idOf(value), value, round }
  const valid = { ...locked, polka: world.polka([0, 1, 2], round, value) }
  return signingRecord(world, world.precommit(0, round, value), { locked, valid })
}

export function describeSigningJournal(
  adapter: string,
  setup: (publicKey: PublicKey) => Promise<JournalUnderTest>,
): void {
  describe(`SigningJournal contract: ${adapter}`, () => {
    const { publicKey } = world.key(world.voter(0))
    let t: JournalUnderTest
    beforeEach(async () => {
      t = await setup(publicKey)
    })
    afterEach(() => t.teardown())

    const read = () => t.journal.read(world.instance.proposalId)

    it('names the key it was created with, after a restart, too', async () => {
      expect(t.journal.publicKey).toBe(publicKey)
      await t.reopen()
      expect(t.journal.publicKey).toBe(publicKey)
    })

    it('has nothing for a proposal that nothing was signed for', async () => {
      expect(await t.journal.read(proposalId('unheard-of'))).toEqual([])
    })

    it('gives back what was appended, in order and to the letter, after a restart, too', async () => {
      const records = [
        signingRecord(world, world.ballot(0, 'approve', 'é\n\u{1f600} "quoted"')),
        signingRecord(world, world.nomination(0, value)),
        prevote(0),
        precommit(0),
        prevote(1),
      ]
      for (const record of records) await t.journal.append(record)
      expect(await read()).toEqual(records)
      await t.reopen()
      expect(await read()).toEqual(records)
    })

    it('keeps proposals apart', async () => {
      const elsewhere = signingRecord(other, other.ballot(0, 'reject'))
      await t.journal.append(ballot)
      await t.journal.append(elsewhere)
      expect(await read()).toEqual([ballot])
      expect(await t.journal.read(other.instance.proposalId)).toEqual([elsewhere])
    })

    it('has each of many appends that were under way together', async () => {
      const worlds = Array.from({ length: 40 }, (_, at) => new DecisionWorld({ proposalId: `at-once-${at}` }))
      const records = worlds.map((one) => signingRecord(one, one.ballot(0)))
      await Promise.all(records.map((record) => t.journal.append(record)))
      await t.reopen()
      for (const record of records) expect(await t.journal.read(record.proposalId)).toEqual([record])
    })

    it('keeps the ballot and the last two rounds, however many there are', async () => {
      const rounds = Array.from({ length: 12 }, (_, round) => [prevote(round), precommit(round)]).flat()
      for (const record of [ballot, ...rounds]) await t.journal.append(record)
      for (const again of ['before', 'after']) {
        const kept = await read()
        expect(kept[0], `${again} the restart`).toEqual(ballot)
        expect(kept.slice(-4), `${again} the restart`).toEqual(rounds.slice(-4))
        await t.reopen()
      }
    })
  })
}
