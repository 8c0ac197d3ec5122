import { describe, expect, it } from 'vitest'
import { blame } from '#domain/consensus/bft/blame.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'

const world = new DecisionWorld()
const value = world.approvals(0, 1, 2)
const other = world.approvals(0, 1, 2, 3)

/** Each culprit with what it did. */
function named(...transcript: readonly SignedMessage[]): Record<string, string[]> {
  const culprits = blame(world.instance, [transcript], world.verifier)
  return Object.fromEntries(culprits.map(({ voter, offences }) => [voter, offences.map(({ type }) => type)]))
}

describe('blame', () => {
  it('names nobody for a decision by the rules', () => {
    expect(
      named(world.nomination(0, value), ...world.polka([0, 1, 2], 0, value), world.precommit(0, 0, value)),
    ).toEqual({})
  })

  it('names who signed two statements for one slot, in whosever transcripts they stand', () => {
    const culprits = blame(
      world.instance,
      [[world.prevote(1, 0, value)], [world.prevote(1, 0, other), world.prevote(2, 0, other)]],
      world.verifier,
    )
    expect(culprits.map(({ voter }) => voter)).toEqual([world.voter(1)])
  })

  it('names who precommitted a value without a polka', () => {
    expect(named(...world.polka([0, 1], 0, value), world.precommit(2, 0, value))).toEqual({
      v02: ['precommit_without_polka'],
    })
  })

  it('names who forgot its lock', () => {
    const locked = [...world.polka([0, 1, 2], 0, value), world.precommit(2, 0, value)]
    expect(named(...locked, world.prevote(2, 1, other))).toEqual({ v02: ['amnesia'] })
  })

  it('does not name who was freed by a polka since', () => {
    const locked = [...world.polka([0, 1, 2], 0, value), world.precommit(2, 0, value)]
    const freed = world.polka([0, 1, 3], 1, other)
    expect(named(...locked, ...freed, world.prevote(2, 2, other, 1))).not.toHaveProperty('v02')
  })

  it('takes the polka that came with a nomination into account', () => {
    const locked = [...world.polka([0, 1, 2], 0, value), world.precommit(2, 0, value)]
    const nomination = world.nomination(2, other, 1, world.polka([0, 1, 3], 1, other))
    expect(named(...locked, nomination, world.prevote(2, 2, other, 1))).not.toHaveProperty('v02')
  })

  it('does not take a polka before the lock, or of the vote itself, for an excuse', () => {
    const locked = [...world.polka([0, 1, 2], 1, value), world.precommit(2, 1, value)]
    const before = world.polka([0, 1, 3], 0, other)
    const own = world.polka([0, 1, 2], 2, other)
    expect(named(...locked, ...before, ...own)).toHaveProperty('v02', ['amnesia'])
  })

  it('does not name who prevotes nil or its own value again', () => {
    const locked = [...world.polka([0, 1, 2], 0, value), world.precommit(2, 0, value)]
    expect(named(...locked, world.prevote(2, 1, null), world.prevote(2, 2, value))).toEqual({})
  })

  it('cannot be made to name anybody by statements they did not sign', () => {
    const framed = { ...world.prevote(1, 0, other), voter: world.voter(0) }
    const stranger = new DecisionWorld({ proposalId: 'merge-43' }).prevote(0, 0, other)
    expect(named(world.prevote(0, 0, value), framed, stranger)).toEqual({})
  })
})
