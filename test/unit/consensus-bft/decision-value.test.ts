import { describe, expect, it } from 'vitest'
import { valueDefect } from '#domain/consensus/decision-value.ts'
import type { DecisionValue } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'

const world = new DecisionWorld()
const defectOf = (value: DecisionValue) => valueDefect(world.instance, value, () => true)

describe('valid(v)', () => {
  it('accepts conclusive ballots with the ending tally, approved or rejected', () => {
    expect(defectOf(world.approvals(0, 1, 2))).toBeUndefined()
    expect(defectOf(world.value([world.ballot(0, 'reject'), world.ballot(1, 'reject')]))).toBeUndefined()
  })

  it.each(['expired', 'cancelled'] as const)(
    'accepts inconclusive ballots with the ending %s, and only those',
    (ending) => {
      expect(defectOf(world.value([], ending))).toBeUndefined()
      expect(defectOf(world.value([world.ballot(0)], ending))).toBeUndefined()
      expect(defectOf({ ...world.approvals(0, 1, 2), ending })).toContain('do not fit the ending')
    },
  )

  it('refuses a tally of inconclusive ballots', () => {
    expect(defectOf(world.approvals(0, 1))).toContain('do not fit the ending')
  })

  it('refuses ballots out of order, twice, or three by one voter', () => {
    const { ballots } = world.approvals(0, 1, 2)
    const [first, second, third] = ballots
    expect(defectOf({ ending: 'tally', ballots: ballots.toReversed() })).toContain('out of order')
    expect(defectOf({ ending: 'tally', ballots: [first!, first!, second!, third!] })).toContain(
      'out of order',
    )
    const three = world.value(['approve', 'reject', 'abstain'].map((choice) => world.ballot(3, choice)))
    expect(defectOf({ ending: 'tally', ballots: [...ballots, ...three.ballots] })).toContain('more than two')
  })

  it('refuses one statement twice under two signatures', () => {
    const ballot = world.ballot(3)
    const twin = { ...ballot, signature: world.ballot(3, 'reject').signature }
    const value = world.value([...world.approvals(0, 1, 2).ballots, ballot, twin])
    expect(defectOf(value)).toContain('stands in it twice')
  })

  it('refuses ballots of strangers and for what is no option', () => {
    const stranger = { ...world.ballot(3), voter: new DecisionWorld({ weights: [1, 1, 1, 1, 1] }).voter(4) }
    expect(defectOf(world.value([...world.approvals(0, 1, 2).ballots, stranger]))).toContain('by no voter')
    const odd = { ...world.ballot(3), choice: 'maybe' }
    expect(defectOf(world.value([...world.approvals(0, 1, 2).ballots, odd]))).toContain('for no option')
  })

  it.each([
    ['too long', 'é'.repeat(501)],
    ['with a control character', 'a\u0000b'],
    ['with half a character', 'a\ud800'],
  ])('refuses a reason %s', (_, reason) => {
    const ballot = { ...world.ballot(3), reason }
    expect(defectOf(world.value([...world.approvals(0, 1, 2).ballots, ballot]))).toContain('not plain text')
  })

  it('refuses a ballot that its voter did not sign', () => {
    const defect = valueDefect(
      world.instance,
      world.approvals(0, 1, 2),
      ({ voter }) => voter !== world.voter(1),
    )
    expect(defect).toContain('not by its voter')
  })

  it('names every difference by another id', () => {
    const { ballots } = world.approvals(0, 1, 2)
    const [first, ...rest] = ballots
    const variants: DecisionValue[] = [
      { ending: 'tally', ballots },
      { ending: 'expired', ballots },
      { ending: 'tally', ballots: rest },
      { ending: 'tally', ballots: [{ ...first!, choice: 'reject' }, ...rest] },
      { ending: 'tally', ballots: [{ ...first!, reason: '' }, ...rest] },
      { ending: 'tally', ballots: [{ ...first!, signature: world.ballot(3).signature }, ...rest] },
    ]
    expect(new Set(variants.map((value) => world.idOf(value))).size).toBe(variants.length)
  })
})
