import { describe, expect, it } from 'vitest'
import { Admission } from '#domain/consensus/bft/admission.ts'
import { openInstance, stepBft } from '#domain/consensus/bft/bft-core.ts'
import type { Transition } from '#domain/consensus/bft/bft-state.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { decideTogether } from '../../helpers/decision/perfect-network.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

const world = new DecisionWorld()
const value = world.approvals(0, 1, 2)
const elsewhere = new DecisionWorld({ proposalId: 'merge-43' })
const otherQuestion = new DecisionWorld({ proposal: { title: 'Delete everything?' } })
const otherWeights = new DecisionWorld({ weights: [1, 1, 1, 2] })

const refusalOf = (message: SignedMessage) => new VoterUnderTest(world, 3).receive(message)

describe('admission', () => {
  it.each([
    ['a ballot', world.ballot(0)],
    ['a nomination', world.nomination(0, value)],
    ['a prevote', world.prevote(0, 0, value)],
    ['a precommit', world.precommit(0, 0, null)],
  ])('lets %s in, and refuses it when it comes again', (_, message) => {
    const voter = new VoterUnderTest(world, 3)
    expect(voter.receive(message)).toBeUndefined()
    expect(voter.receive(message)).toBe('duplicate')
  })

  it.each([
    ['another instance', elsewhere],
    ['another question under the same id', otherQuestion],
    ['other weights', otherWeights],
  ])('refuses what was signed for %s', (_, foreign) => {
    const foreignValue = foreign.approvals(0, 1, 2)
    expect(refusalOf(foreign.ballot(0))).toBe('forged')
    expect(refusalOf(foreign.nomination(0, foreignValue))).toBe('forged')
    expect(refusalOf(foreign.prevote(0, 0, value))).toBe('forged')
    expect(refusalOf(foreign.precommit(0, 0, value))).toBe('forged')
  })

  it.each([
    ["another voter's vote", { ...world.prevote(0, 0, value), voter: world.voter(1) }],
    ['a vote for something else', { ...world.prevote(0, 0, value), valueId: null }],
    ['a vote in another round', { ...world.precommit(0, 0, value), round: 1 }],
    ['a prevote as a precommit', { ...world.prevote(0, 0, value), kind: 'precommit' as const }],
    ['another valid round', { ...world.prevote(0, 2, value, 0), validRound: 1 }],
    ['another choice', { ...world.ballot(0), choice: 'reject' }],
    ['another reason', { ...world.ballot(0), reason: 'none' }],
    ['another nomination', { ...world.nomination(1, value), validRound: 0 }],
  ])('refuses %s under an old signature', (_, message) => {
    expect(refusalOf(message)).toBe('forged')
  })

  it.each([
    ['a round that is none', world.prevote(0, -1, value)],
    ['half a round', { ...world.prevote(0, 0, value), round: 0.5 }],
    ['a round beyond all', world.precommit(0, 1_000_001, value)],
    ['a valid round in the future', world.prevote(0, 1, value, 1)],
    ['nil with a valid round', world.prevote(0, 1, null, 0)],
    ['a precommit with a valid round', world.sign({ ...world.precommit(0, 1, value), validRound: 0 })],
    ['a ballot for no option', world.ballot(0, 'maybe')],
    ['a ballot with too long a reason', world.ballot(0, 'approve', 'x'.repeat(1_001))],
    ['a nomination in the future of itself', world.nomination(1, value, 1)],
    [
      'a nomination with another value than its id',
      { ...world.nomination(0, value), value: world.approvals(1, 2, 3) },
    ],
  ])('refuses %s as malformed', (_, message) => {
    expect(refusalOf(message)).toBe('malformed')
  })

  it('refuses a nomination by anyone but the proposer of its round', () => {
    const { signature: _, ...nomination } = world.nomination(0, value)
    expect(refusalOf(world.sign({ ...nomination, voter: world.voter(1) }))).toBe('wrong_proposer')
  })

  it('refuses strangers', () => {
    const larger = new DecisionWorld({ weights: [1, 1, 1, 1, 1] })
    expect(refusalOf(larger.ballot(4))).toBe('unknown_voter')
  })

  it('takes a nomination whose ballots are forged for what it is: not valid', () => {
    const [first, ...rest] = value.ballots
    const forged = world.value([{ ...first!, signature: rest[0]!.signature }, ...rest])
    const voter = new VoterUnderTest(world, 3)
    expect(voter.receive(world.nomination(0, forged))).toBeUndefined()
    voter.receive(world.precommit(1, 0, null), world.precommit(2, 0, null))
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(3, 0, null)])
    expect(voter.state.ballots.size).toBe(0)
  })

  it('does not believe a vote in a proof because a different one by the same voter is held', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.prevote(0, 0, null))
    const [first, ...rest] = world.polka([0, 1, 2], 0, value)
    const nomination = world.nomination(1, value, 0, [{ ...first!, signature: rest[0]!.signature }, ...rest])
    voter.receive(nomination)
    expect(voter.state.keeper.rounds.get(1)?.nominations[0]).toMatchObject({ isProven: false })
  })
})

describe('a liar that contradicts itself', () => {
  const values = [value, world.approvals(1, 2, 3), world.approvals(0, 2, 3)]

  it('is listened to no further than it takes to prove it', () => {
    const voter = new VoterUnderTest(world, 3)
    const refusals = [...values, null].map((said) => voter.receive(world.prevote(0, 0, said)))
    expect(refusals).toEqual([undefined, undefined, 'surplus', 'surplus'])
    expect(values.map((said) => voter.receive(world.nomination(1, said)))).toEqual([
      undefined,
      undefined,
      'surplus',
    ])
  })

  it('is still heard in other rounds', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.prevote(0, 0, value), world.prevote(0, 0, null))
    expect(voter.receive(world.prevote(0, 1, value))).toBeUndefined()
  })

  it('cannot fill our memory with values that are not valid, or make us pass them on', () => {
    const voter = new VoterUnderTest(world, 3)
    const useless = world.value([world.ballot(0, 'approve', 'x'.repeat(1_000))], 'tally')
    voter.receive(world.nomination(0, useless))
    expect(voter.state.keeper.rounds.get(0)?.nominations[0]?.message.value.ballots).toEqual([])
    voter.input({ type: 'resend' })
    voter.forget()
    voter.input({ type: 'resend' })
    expect(voter.sent).toEqual([])
  })
})

describe('an observer', () => {
  const [opened] = openInstance(world.instance, null)
  const admission = new Admission(world)
  const observe = (messages: readonly SignedMessage[]) =>
    messages.reduce<Transition>(
      ([state, effects], message) => {
        const admitted = admission.admit(state, message)
        if (admitted.type === 'refused') return [state, effects]
        const [next, more] = stepBft(state, admitted.input, world.hasher)
        return [next, [...effects, ...more]]
      },
      [opened, []],
    )

  it('learns the decision and the evidence, and signs nothing', () => {
    const precommits = [0, 1, 2].map((at) => world.precommit(at, 0, value))
    const [state, effects] = observe([
      ...value.ballots,
      world.nomination(0, value),
      ...world.polka([0, 1, 2], 0, value),
      world.prevote(1, 0, null),
      ...precommits,
    ])
    expect(state.certificate).toMatchObject({ round: 0, outcome: { verdict: 'approved' } })
    const types = new Set(effects.map(({ type }) => type))
    expect(types).toContain('accuse')
    expect(types).toContain('decided')
    expect(types).not.toContain('sign')
  })
})

describe('a certificate from someone who decided before', () => {
  const ballots = [0, 1, 2].map((at) => world.ballot(at))
  const certificate = decideTogether(world, ballots)

  it('decides for a voter that missed everything', () => {
    const late = new VoterUnderTest(world, 3)
    expect(late.receiveCertificate(JSON.parse(JSON.stringify(certificate)))).toBeUndefined()
    expect(late.state.certificate).toEqual(certificate)
    expect(late.effects).toContainEqual({ type: 'decided', certificate })
  })

  it('is what it answers with from then on when asked to send again', () => {
    const late = new VoterUnderTest(world, 3)
    late.receiveCertificate(certificate)
    late.forget()
    late.input({ type: 'resend' })
    expect(late.effects).toEqual([{ type: 'send_certificate', certificate }])
  })

  it('is refused when it is of another instance, not proven, or not needed', () => {
    const foreign = decideTogether(
      elsewhere,
      [0, 1, 2].map((at) => elsewhere.ballot(at)),
    )
    const late = new VoterUnderTest(world, 3)
    expect(late.receiveCertificate(foreign)).toBe('unproven')
    expect(late.receiveCertificate({ ...certificate, precommits: [] })).toBe('unproven')
    expect(late.receiveCertificate('yes')).toBe('unproven')
    expect(late.receiveCertificate(certificate)).toBeUndefined()
    expect(late.receiveCertificate(certificate)).toBe('duplicate')
  })
})
