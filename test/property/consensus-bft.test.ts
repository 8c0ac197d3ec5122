import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addBallot, ballotsIn, EMPTY_BOX } from '#domain/consensus/ballot-box.ts'
import { addVote, EMPTY_KEEPER, type VoteKeeper } from '#domain/consensus/bft/vote-keeper.ts'
import { ByteWriter } from '#domain/consensus/byte-writer.ts'
import type { SignedBallot } from '#domain/consensus/signed-messages.ts'
import { tally } from '#domain/consensus/tally.ts'
import { isPlainText, utf8 } from '#domain/consensus/utf8.ts'
import { bytesToHex, hexToBytes } from '#domain/model/hex.ts'
import { DecisionWorld } from '../helpers/decision/decision-world.ts'

const CHOICES = ['approve', 'reject', 'abstain'] as const

/** Voters with weights, what each said (twice, perhaps), and a threshold. */
const votings = fc
  .record({
    weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
    numerator: fc.integer({ min: 1, max: 6 }),
    spare: fc.integer({ min: 0, max: 6 }),
  })
  .chain(({ weights, numerator, spare }) =>
    fc.record({
      world: fc.constant(
        new DecisionWorld({
          weights,
          proposal: { threshold: { numerator, denominator: numerator + spare } },
        }),
      ),
      said: fc.tuple(...weights.map(() => fc.subarray([...CHOICES], { maxLength: 2 }))),
    }),
  )

function ballotsOf(world: DecisionWorld, said: readonly (readonly string[])[]): SignedBallot[] {
  return said.flatMap((choices, at) => choices.map((choice) => world.ballot(at, choice)))
}

function count(world: DecisionWorld, ballots: readonly SignedBallot[]) {
  return tally(world.instance.proposal, world.instance.electorate, ballots)
}

describe('the tally', () => {
  it('gives every weight one place, whatever the order of the ballots', () => {
    fc.assert(
      fc.property(votings, ({ world, said }) => {
        const ballots = ballotsOf(world, said)
        const counted = count(world, ballots)
        const placed = counted.options.reduce((sum, { weight }) => sum + weight, 0)
        expect(placed + counted.abstainWeight + counted.missingWeight).toBe(counted.totalWeight)
        expect(count(world, ballots.toReversed())).toEqual(counted)
      }),
    )
  })

  it('is conclusive exactly when no missing ballot could change it', () => {
    fc.assert(
      fc.property(votings, ({ world, said }) => {
        const missing = said.flatMap((choices, at) => (choices.length === 0 ? [at] : []))
        const completed = (choice: string) =>
          count(world, [...ballotsOf(world, said), ...missing.map((at) => world.ballot(at, choice))]).outcome
            .verdict
        const { verdict } = count(world, ballotsOf(world, said)).outcome
        const ends = new Set(CHOICES.map(completed))
        expect(ends.has('inconclusive')).toBe(false)
        expect(verdict === 'inconclusive' ? ends.size : [...ends]).toEqual(
          verdict === 'inconclusive' ? 2 : [verdict],
        )
      }),
    )
  })

  it('never turns from approved to rejected, or back, by leaving honest ballots out', () => {
    const censored = votings.chain(({ world, said }) => {
      const honest = ballotsOf(
        world,
        said.map((choices) => choices.slice(0, 1)),
      )
      return fc.record({ world: fc.constant(world), all: fc.constant(honest), some: fc.subarray(honest) })
    })
    fc.assert(
      fc.property(censored, ({ world, all, some }) => {
        const [whole, part] = [count(world, all).outcome.verdict, count(world, some).outcome.verdict]
        expect([whole, 'inconclusive']).toContain(part)
      }),
    )
  })

  it('is moved by voters of weight e, whatever they say and whichever of it is shown, only within e of the threshold', () => {
    const lied = votings.chain(({ world, said }) =>
      fc.record({
        world: fc.constant(world),
        said: fc.constant(said.map((choices) => choices.slice(0, 1))),
        liars: fc.subarray(said.map((_, at) => at)),
        lies: fc.tuple(...said.map(() => fc.subarray([...CHOICES], { maxLength: 2 }))),
        others: fc.tuple(...said.map(() => fc.subarray([...CHOICES], { maxLength: 2 }))),
      }),
    )
    fc.assert(
      fc.property(lied, ({ world, said, liars, lies, others }) => {
        const shown = (what: readonly (readonly string[])[]) =>
          count(
            world,
            ballotsOf(
              world,
              said.map((honest, at) => (liars.includes(at) ? (what[at] ?? []) : honest)),
            ),
          )
        const [one, two] = [shown(lies), shown(others)]
        const e = liars.reduce((sum, at) => sum + (world.instance.electorate.voters[at]?.weight ?? 0), 0)
        const approving = (counted: typeof one) => counted.options[0]?.weight ?? 0
        expect(Math.abs(approving(one) - approving(two))).toBeLessThanOrEqual(e)
        const verdicts = new Set([one.outcome.verdict, two.outcome.verdict])
        const { numerator, denominator } = world.instance.proposal.threshold
        const short = numerator * one.totalWeight - denominator * Math.min(approving(one), approving(two))
        // Turned round: then the honest approvals alone were less than e short of the threshold.
        expect(!(verdicts.has('approved') && verdicts.has('rejected')) || short <= denominator * e).toBe(true)
      }),
    )
  })
})

describe('ballot boxes', () => {
  it('hold the same voters for abstaining, in whatever order ballots come, and however often', () => {
    const arrivals = votings.chain(({ world, said }) => {
      const ballots = ballotsOf(world, said)
      return fc.record({
        world: fc.constant(world),
        once: fc.constant(ballots),
        arriving: fc.shuffledSubarray([...ballots, ...ballots], { minLength: 2 * ballots.length }),
      })
    })
    fc.assert(
      fc.property(arrivals, ({ world, once, arriving }) => {
        const fill = (ballots: readonly SignedBallot[]) =>
          ballotsIn(ballots.reduce((box, ballot) => addBallot(box, ballot).box, EMPTY_BOX))
        expect(fill(arriving)).toEqual(fill(once))
        expect(count(world, fill(arriving))).toEqual(count(world, once))
      }),
    )
  })
})

describe('the vote keeper', () => {
  it('counts what arrived once, in whatever order and however often', () => {
    const world = new DecisionWorld({ weights: [1, 2, 3, 4] })
    const values = [world.approvals(0, 3), world.approvals(1, 3), null]
    const votes = fc.array(
      fc.record({ at: fc.nat({ max: 3 }), round: fc.nat({ max: 5 }), isPrevote: fc.boolean() }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(
        votes.chain((slots) =>
          fc.tuple(fc.constant(slots), fc.shuffledSubarray(slots, { minLength: slots.length })),
        ),
        ([slots, shuffled]) => {
          // One vote a slot, so that which one is first does not matter.
          const keep = (order: typeof slots): VoteKeeper =>
            order.reduce((keeper, { at, round, isPrevote }) => {
              const value = values[(at + round) % values.length] ?? null
              const vote = isPrevote ? world.prevote(at, round, value) : world.precommit(at, round, value)
              return addVote(keeper, vote, world.instance.electorate).keeper
            }, EMPTY_KEEPER)
          expect(summaryOf(keep([...shuffled, ...slots]))).toEqual(summaryOf(keep(slots)))
        },
      ),
    )
  })
})

describe('canonical bytes', () => {
  const fields = fc.array(fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'grapheme' }), fc.uint8Array()), {
    maxLength: 6,
  })
  const written = (values: readonly (number | string | Uint8Array)[]): string => {
    const writer = new ByteWriter()
    for (const value of values) {
      if (typeof value === 'number') writer.int(value)
      else if (typeof value === 'string') writer.text(value)
      else writer.bytes(value)
    }
    return bytesToHex(writer.finish())
  }

  it('are those of the platform, field by field', () => {
    fc.assert(
      fc.property(fields, (values) => {
        const expected = values.map((value) => {
          const number = Buffer.alloc(8)
          if (typeof value === 'number') {
            number.writeBigInt64BE(BigInt(value))
            return number
          }
          const body = Buffer.from(value)
          const length = Buffer.alloc(4)
          length.writeUInt32BE(body.length)
          return Buffer.concat([length, body])
        })
        expect(written(values)).toBe(Buffer.concat(expected).toString('hex'))
      }),
    )
  })

  it('have the UTF-8 and the hex of the platform', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
        expect(Buffer.from(utf8(text)).toString('utf8')).toBe(text)
        expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes)
      }),
    )
  })

  it('are made of plain text only where that has a UTF-8 of the right size', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) }),
        (text) => {
          const isSound = Buffer.from(text).toString() === text && !text.split('').some(isForbidden)
          expect(isPlainText(text, 1_000)).toBe(isSound)
          expect(!isSound || isPlainText(text, Buffer.byteLength(text) - 1)).toBe(!isSound)
        },
      ),
    )
  })
})

function isForbidden(character: string): boolean {
  const code = character.charCodeAt(0)
  return code === 0x7f || (code < 0x20 && character !== '\t' && character !== '\n')
}

function summaryOf(keeper: VoteKeeper) {
  return [...keeper.rounds]
    .toSorted(([a], [b]) => a - b)
    .map(([round, { prevotes, precommits }]) => [
      round,
      ...[prevotes, precommits].map(({ weight, votes, weightByValue }) => [
        weight,
        [...votes.keys()].toSorted(),
        [...weightByValue.values()].toSorted((a, b) => a - b),
      ]),
    ])
}
