import { beforeEach, describe, expect, it } from 'vitest'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { toyVerifier } from '#simulation/toy-signatures.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { liveVoter, RESEND_MS, startTable } from '../../helpers/decision/live-voters.ts'
import { MemorySigningJournal } from '../../helpers/decision/memory-signing-journal.ts'

const world = new DecisionWorld()

/** A disk that can be made to wait, or to fail. */
class TestJournal extends MemorySigningJournal {
  failure: Error | undefined
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => undefined

  block(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve))
  }

  unblock(): void {
    this.#open()
  }

  override async append(record: SigningRecord): Promise<void> {
    await this.#gate
    if (this.failure !== undefined) throw this.failure
    await super.append(record)
  }
}

describe('a running voter', () => {
  let clock: ManualClock
  let journal: TestJournal

  beforeEach(() => {
    clock = new ManualClock()
    journal = new TestJournal(world.key(world.voter(0)).publicKey)
  })

  it.each([[[1]], [[1, 1]], [[1, 1, 1]], [[1, 1, 1, 1]], [[3, 2, 2]], [Array.from({ length: 10 }, () => 1)]])(
    'comes to a certificate with the others, weights %j',
    async (weights) => {
      const table = new DecisionWorld({ weights })
      const voters = await startTable(table, clock)
      const outcomes = await Promise.all(voters.map(({ voter }) => voter.castBallot('approve', 'fine')))
      await clock.advanceAsync(100)
      expect(outcomes).toEqual(weights.map(() => 'signed'))
      for (const { decided } of voters) {
        const verdict = verifyDecision(decided[0], table.instance.electorate.hash, table)
        expect(verdict).toMatchObject({ isValid: true, outcome: { verdict: 'approved', option: 'approve' } })
      }
    },
  )

  it('sends nothing before its record is durable', async () => {
    const { voter, sent } = liveVoter(world, 0, { clock, journal })
    await voter.start()
    journal.block()
    const cast = voter.castBallot('approve')
    await clock.advanceAsync(10)
    expect(sent).toEqual([])
    journal.unblock()
    expect(await cast).toBe('signed')
    expect(sent).toEqual([world.ballot(0)])
  })

  it('takes what it hears meanwhile only after that', async () => {
    const { voter } = liveVoter(world, 0, { clock, journal })
    await voter.start()
    journal.block()
    void voter.castBallot('approve')
    voter.receive(world.ballot(1))
    await clock.advanceAsync(10)
    expect(voter.state?.ballots.size).toBe(0)
    journal.unblock()
    await clock.advanceAsync(10)
    expect(voter.state?.ballots.size).toBe(2)
  })

  it('is over when its record fails, and says why', async () => {
    const { voter, sent, halts } = liveVoter(world, 0, { clock, journal })
    await voter.start()
    journal.failure = new Error('disk full')
    voter.receive(world.ballot(1))
    voter.receive(world.ballot(2))
    voter.receive(world.ballot(3))
    await clock.advanceAsync(10)
    expect(halts).toEqual([journal.failure])
    journal.failure = undefined
    expect(await voter.castBallot('approve')).toBe('stopped')
    await clock.advanceAsync(60_000)
    expect(sent).toEqual([])
    expect(clock.timerCount).toBe(0)
  })

  it('refuses a second, different ballot, and sends the first again when it is repeated', async () => {
    const { voter, sent, refused } = liveVoter(world, 0, { clock })
    await voter.start()
    expect(await voter.castBallot('approve')).toBe('signed')
    expect(await voter.castBallot('reject')).toBe('slot_taken')
    expect(await voter.castBallot('approve')).toBe('signed')
    expect(sent).toEqual([world.ballot(0), world.ballot(0)])
    expect(refused).toEqual(['slot_taken'])
  })

  it('goes on after a restart where its record ends, and signs nothing anew', async () => {
    const before = liveVoter(world, 0, { clock, journal })
    await before.voter.start()
    await before.voter.castBallot('approve')
    before.voter.receive(world.ballot(1))
    before.voter.receive(world.ballot(2))
    await clock.advanceAsync(10)
    before.voter.stop()
    const signed = [...journal.records]

    const after = liveVoter(world, 0, { clock, journal })
    await after.voter.start()
    await clock.advanceAsync(10)
    expect(signed.map(({ message }) => message.kind)).toEqual(['ballot', 'nomination', 'prevote'])
    expect(after.sent.slice(0, 3)).toEqual(signed.map(({ message }) => message))
    expect(journal.records).toEqual(signed)
  })

  it('says again what may not have arrived, and its certificate once it has one', async () => {
    const [first, ...others] = await startTable(world, clock)
    await first?.voter.castBallot('approve')
    const saidOnce = first?.sent.length
    await clock.advanceAsync(RESEND_MS)
    expect(first?.sent.length).toBe((saidOnce ?? 0) + 1)
    await Promise.all(others.map(({ voter }) => voter.castBallot('approve')))
    await clock.advanceAsync(2 * RESEND_MS)
    expect(first?.certificates).toContainEqual(first?.decided[0])
  })

  it('agrees on the ending when the deadline passes, or the proposal is cancelled', async () => {
    const expired = await startTable(world, clock)
    await clock.advanceAsync(world.instance.proposal.deadlineMs + 1_000)
    const cancelled = await startTable(world, clock)
    for (const { voter } of cancelled) voter.cancel()
    await clock.advanceAsync(1_000)
    expect(expired.map(({ decided }) => decided[0]?.ending)).toEqual(Array(4).fill('expired'))
    expect(cancelled.map(({ decided }) => decided[0]?.ending)).toEqual(Array(4).fill('cancelled'))
  })

  it('drops what does not fit into its mailbox, and hears it when it is said again', async () => {
    const { voter } = liveVoter(world, 0, { clock, journal, mailboxMax: 1 })
    await voter.start()
    journal.block()
    void voter.castBallot('approve')
    voter.receive(world.ballot(1))
    voter.receive(world.ballot(2))
    journal.unblock()
    await clock.advanceAsync(10)
    expect(voter.state?.ballots.size).toBe(2)
    voter.receive(world.ballot(2))
    await clock.advanceAsync(10)
    expect(voter.state?.ballots.size).toBe(3)
  })

  it('checks no signature that can count no more, and none of its own', async () => {
    let checks = 0
    const verifier: SignatureVerifier = {
      verify: (...asked) => {
        checks += 1
        return toyVerifier.verify(...asked)
      },
    }
    const counted = new DecisionWorld({ weights: Array.from({ length: 10 }, () => 1), verifier })
    const { voter, decided } = liveVoter(counted, 9, { clock })
    await voter.start()
    const others = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    const value = counted.value(others.map((at) => counted.ballot(at)))
    await voter.castBallot('approve')
    for (const at of others) voter.receive(counted.ballot(at))
    await clock.advanceAsync(1)
    expect(checks).toBe(9)
    voter.receive(counted.nomination(0, value))
    for (const at of others) voter.receive(counted.prevote(at, 0, value))
    for (const at of others) voter.receive(counted.precommit(at, 0, value))
    await clock.advanceAsync(1)
    expect(decided).toHaveLength(1)
    // The nomination, and of each kind of vote the six that make seven with its own.
    expect(checks).toBe(9 + 1 + 6 + 6)
  })

  it('reports forged and foreign words, and voters that contradict themselves', async () => {
    const { voter, refused, accused } = liveVoter(world, 0, { clock })
    await voter.start()
    voter.receive({ ...world.ballot(1), choice: 'reject' })
    voter.receive({ ...world.ballot(1), voter: world.voter(2) })
    voter.receive(world.ballot(3))
    voter.receive(world.ballot(3, 'reject'))
    await clock.advanceAsync(10)
    expect(refused).toEqual(['forged', 'forged'])
    expect(accused).toMatchObject([{ voter: world.voter(3) }])
  })
})
