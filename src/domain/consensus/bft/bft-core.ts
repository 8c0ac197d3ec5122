import { assert, assertNever } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import { addBallot } from '../ballot-box.ts'
import { buildCertificate } from '../certificate.ts'
import { type Equivocation, equivocationOf } from '../evidence.ts'
import type { DecisionInstance } from '../instance.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { SignedBallot, SignedMessage } from '../signed-messages.ts'
import { type BftEffect, type BftInput, type BftState, initialState, type Transition } from './bft-state.ts'
import { nextEvent, startOf } from './next-event.ts'
import { stepRound } from './round-machine.ts'
import type { LockedValue, RoundEvent, RoundOrder } from './round-state.ts'
import { roundTimeoutMs } from './round-timeout.ts'
import { addNomination, addVote, type KeeperChange, messagesOf, sentBy, sentByAll } from './vote-keeper.ts'
import { votesFor } from './vote-set.ts'

/** No input sets off more events than this: a round has five, and one input begins two rounds at most. */
const EVENTS_PER_INPUT_MAX = 32

/** Begins an instance at first sight of its proposal. */
export function openInstance(instance: DecisionInstance, self: AgentId | null): Transition {
  return [initialState(instance, self), [{ type: 'start_deadline', afterMs: instance.proposal.deadlineMs }]]
}

/**
 * Advances one voter's view of one agreement: takes an input in, then lets Algorithm 1 act on what it adds up to.
 *
 * Pure: equal arguments give equal results. Whoever runs it does the effects in array order and must finish the
 * recording of a `sign` before it sends anything of it; see {@link BftEffect}.
 */
export function stepBft(state: BftState, input: BftInput, hasher: Hasher): Transition {
  const effects: BftEffect[] = []
  const absorbed = absorb(state, input, hasher, effects)
  return [settle(absorbed, hasher, effects), effects]
}

/** Acts on everything that applies, until nothing does. */
export function settle(before: BftState, hasher: Hasher, effects: BftEffect[]): BftState {
  let state = before
  for (let count = 0; ; count += 1) {
    const event = nextEvent(state, hasher)
    if (event === undefined) return state
    assert(count < EVENTS_PER_INPUT_MAX, 'every event of a round happens a bounded number of times')
    state = apply(state, event, hasher, effects)
  }
}

function absorb(state: BftState, input: BftInput, hasher: Hasher, effects: BftEffect[]): BftState {
  switch (input.type) {
    case 'ballot':
      return takeBallot(state, input.ballot, effects)
    case 'vote':
      return keep(state, addVote(state.keeper, input.vote, state.instance.electorate), effects)
    case 'nomination':
      return takeNomination(state, input, effects)
    case 'certificate':
      return takeCertificate(state, input, effects)
    case 'timeout':
      return apply(state, input, hasher, effects)
    case 'deadline':
      return { ...state, isExpired: true }
    case 'cancel':
      return { ...state, isCancelled: true }
    case 'resend':
      return resend(state, effects)
    default:
      return assertNever(input)
  }
}

/** Lets the round's machine act, and turns its orders into effects. */
function apply(before: BftState, event: RoundEvent, hasher: Hasher, effects: BftEffect[]): BftState {
  const [round, orders] = stepRound(before.round, event)
  let state: BftState = { ...before, round }
  for (const order of orders) {
    if (order.type === 'next_round')
      state = apply(state, startOf(state, order.round, hasher), hasher, effects)
    else if (order.type === 'decide') state = certify(state, order.decided, effects)
    else if (order.type === 'start_timeout') effects.push(timeoutEffect(state, order.step))
    else if (state.self !== null) effects.push(signEffect(state, state.self, order))
  }
  return state
}

function timeoutEffect({ round: { round } }: BftState, step: 'propose' | 'prevote' | 'precommit'): BftEffect {
  return { type: 'start_timeout', step, round, afterMs: roundTimeoutMs(step, round) }
}

function signEffect(
  { round: { round, locked, valid } }: BftState,
  voter: AgentId,
  order: Extract<RoundOrder, { type: 'nominate' | 'prevote' | 'precommit' }>,
): BftEffect {
  if (order.type === 'nominate') {
    const { candidate, validRound, polka } = order
    const { id: valueId, value } = candidate
    return {
      type: 'sign',
      message: { kind: 'nomination', voter, round, validRound, valueId, value, polka },
      locked,
      valid,
    }
  }
  const validRound = order.type === 'prevote' ? order.validRound : -1
  const message = { kind: order.type, voter, round, validRound, valueId: order.valueId }
  return { type: 'sign', message, locked, valid }
}

function certify(state: BftState, { id, value, round }: LockedValue, effects: BftEffect[]): BftState {
  const precommits = votesFor(messagesOf(state.keeper, round).precommits, id)
  const certificate = buildCertificate(state.instance, value, round, precommits)
  effects.push({ type: 'decided', certificate })
  return { ...state, certificate }
}

function takeNomination(
  before: BftState,
  { nomination }: Extract<BftInput, { type: 'nomination' }>,
  effects: BftEffect[],
): BftState {
  const { electorate } = before.instance
  const { message, isValid, isProven } = nomination
  let state = keep(before, addNomination(before.keeper, nomination, electorate), effects)
  // What travels along was checked with it: prevotes that others missed, and ballots.
  for (const vote of isProven ? message.polka : []) {
    state = keep(state, addVote(state.keeper, vote, electorate), effects)
  }
  return isValid ? takeBallots(state, message.value.ballots, effects) : state
}

function takeBallots(before: BftState, ballots: readonly SignedBallot[], effects: BftEffect[]): BftState {
  let state = before
  for (const ballot of ballots) state = takeBallot(state, ballot, effects)
  return state
}

function takeBallot(before: BftState, ballot: SignedBallot, effects: BftEffect[]): BftState {
  const { box, contradicted } = addBallot(before.ballots, ballot)
  const state: BftState = { ...before, ballots: box }
  return contradicted === undefined ? state : accuse(state, equivocationOf(contradicted, ballot), effects)
}

/** Someone decided before: their quorum's precommits say the same as ours would. */
function takeCertificate(
  state: BftState,
  { certificate, decided }: Extract<BftInput, { type: 'certificate' }>,
  effects: BftEffect[],
): BftState {
  if (state.round.decided !== null) return state
  effects.push({ type: 'decided', certificate })
  return { ...state, round: { ...state.round, decided }, certificate }
}

function keep(state: BftState, { keeper, equivocation }: KeeperChange, effects: BftEffect[]): BftState {
  const next = { ...state, keeper }
  return equivocation === undefined ? next : accuse(next, equivocation, effects)
}

function accuse(state: BftState, equivocation: Equivocation, effects: BftEffect[]): BftState {
  if (state.accused.has(equivocation.voter)) return state
  effects.push({ type: 'accuse', equivocation })
  return { ...state, accused: new Set(state.accused).add(equivocation.voter) }
}

/**
 * What others may have missed, of this round and the one before. At first one's own messages. Where nothing has moved
 * since the last time, everybody's: the paper's gossip (section II-A) demands that what one honest voter has, all get,
 * and a liar's vote that took some voters to the next round may never have been sent to the others. Two rounds are
 * enough, since whoever is ahead left the round before with a quorum that it still holds.
 */
function resend(state: BftState, effects: BftEffect[]): BftState {
  const { self, certificate, ballots, keeper, round } = state
  if (certificate !== null) {
    effects.push({ type: 'send_certificate', certificate })
    return state
  }
  if (self === null) return state
  const isStalled = state.lastResend?.round === round.round && state.lastResend.step === round.step
  const fromRound = round.round - 1
  const messages: SignedMessage[] = [...(ballots.get(self) ?? [])]
  messages.push(...(isStalled ? sentByAll(keeper, fromRound) : sentBy(keeper, self, fromRound)))
  if (messages.length > 0) effects.push({ type: 'send', messages })
  return { ...state, lastResend: { round: round.round, step: round.step } }
}
