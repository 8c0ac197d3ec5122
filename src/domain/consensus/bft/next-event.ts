import type { Hasher } from '../ports/hasher.ts'
import type { ValueId } from '../signed-messages.ts'
import { type BftState, fitsNow, freshCandidate } from './bft-state.ts'
import { proposerOf } from './proposer.ts'
import { includesHonest, isQuorum } from './quorum.ts'
import type { Candidate, RoundEvent, RoundRole } from './round-state.ts'
import { type HeldNomination, messagesOf, weightSpeakingIn } from './vote-keeper.ts'
import { type VoteSet, votesFor } from './vote-set.ts'

/**
 * The "upon" conditions of Algorithm 1 (numbers are its lines): what the messages one holds add up to, one event at a
 * time. Undefined where none applies; each event changes the round's state so that it does not apply again.
 */
export function nextEvent(state: BftState, hasher: Hasher): RoundEvent | undefined {
  if (state.round.decided !== null) return undefined
  return (
    uponCommit(state) ??
    uponStart(state, hasher) ??
    uponLaterRound(state, hasher) ??
    uponNomination(state, hasher) ??
    uponPrevotes(state) ??
    uponPrecommits(state)
  )
}

/** 11: what it is to begin a round for this voter. */
export function startOf(state: BftState, round: number, hasher: Hasher): RoundEvent {
  const isProposer = proposerOf(state.instance, round) === state.self
  const role: RoundRole = isProposer
    ? { type: 'proposer', fresh: freshCandidate(state, hasher) }
    : { type: 'follower' }
  return { type: 'start_round', round, role }
}

/**
 * 49, in whichever round. The value may come from any nomination that carried it: its id says that it is the same, and
 * the one of that very round may have been a proposer's other face.
 */
function uponCommit(state: BftState): RoundEvent | undefined {
  for (const [round, { precommits }] of state.keeper.rounds) {
    const id = quorumValue(state, precommits)
    if (id === undefined || id === null) continue
    const candidate = knownValue(state, id)
    if (candidate !== undefined) return { type: 'commit', candidate, round }
  }
  return undefined
}

/** 10: deliberation is over for this voter as soon as it has something to propose. */
function uponStart(state: BftState, hasher: Hasher): RoundEvent | undefined {
  if (state.round.round >= 0 || freshCandidate(state, hasher) === null) return undefined
  return startOf(state, 0, hasher)
}

/** 55: some of those who speak in a later round are honest, so it has begun. The latest such round. */
function uponLaterRound(state: BftState, hasher: Hasher): RoundEvent | undefined {
  const { keeper, instance } = state
  let latest = state.round.round
  for (const round of keeper.rounds.keys()) {
    if (round <= latest) continue
    const weight = weightSpeakingIn(keeper, round, instance.electorate)
    if (includesHonest(weight, instance.electorate.totalWeight)) latest = round
  }
  return latest === state.round.round ? undefined : startOf(state, latest, hasher)
}

function uponNomination(state: BftState, hasher: Hasher): RoundEvent | undefined {
  const { round, step, done } = state.round
  if (round < 0 || step !== 'propose') return undefined
  for (const held of messagesOf(state.keeper, round).nominations) {
    const candidate = candidateOf(held)
    const { validRound } = held.message
    // 22
    if (validRound === -1) {
      // What one is locked on was found fit before, with a polka.
      const isFit = state.round.locked?.id === candidate.id || fitsNow(state, candidate.value)
      const isAcceptable = held.isValid && isFit
      return { type: 'fresh_nomination', candidate, isAcceptable }
    }
    // 28: without the quorum of prevotes the claim of a valid round counts for nothing, and the timeout decides.
    if (validRound < round && (held.isProven || hasPolkaFor(state, validRound, candidate.id))) {
      return { type: 'proven_nomination', candidate, validRound, isValid: held.isValid }
    }
  }
  // 18, late
  if (done.hasNominated || proposerOf(state.instance, round) !== state.self) return undefined
  const candidate = freshCandidate(state, hasher)
  return candidate === null ? undefined : { type: 'value_ready', candidate }
}

function uponPrevotes(state: BftState): RoundEvent | undefined {
  const { round, step, done } = state.round
  if (round < 0 || step === 'propose') return undefined
  const { prevotes, nominations } = messagesOf(state.keeper, round)
  const id = quorumValue(state, prevotes)
  // 36
  if (id !== undefined && id !== null && !done.hasPolka) {
    const held = nominations.find(({ message, isValid }) => message.valueId === id && isValid)
    if (held !== undefined)
      return { type: 'polka', candidate: candidateOf(held), polka: votesFor(prevotes, id) }
  }
  if (step !== 'prevote') return undefined
  // 44
  if (id === null) return { type: 'nil_polka' }
  // 34
  const isDue = !done.hasPrevoteTimeout && isQuorum(prevotes.weight, state.instance.electorate.totalWeight)
  return isDue ? { type: 'prevotes_of_quorum' } : undefined
}

/** 47 */
function uponPrecommits(state: BftState): RoundEvent | undefined {
  const { round, done } = state.round
  if (round < 0 || done.hasPrecommitTimeout) return undefined
  const { precommits } = messagesOf(state.keeper, round)
  const isDue = isQuorum(precommits.weight, state.instance.electorate.totalWeight)
  return isDue ? { type: 'precommits_of_quorum' } : undefined
}

/** The value a quorum voted for, null where that is nil, undefined where there is none. */
function quorumValue(state: BftState, { weightByValue }: VoteSet): ValueId | null | undefined {
  for (const [id, weight] of weightByValue) {
    if (isQuorum(weight, state.instance.electorate.totalWeight)) return id
  }
  return undefined
}

function hasPolkaFor(state: BftState, round: number, id: ValueId): boolean {
  return quorumValue(state, messagesOf(state.keeper, round).prevotes) === id
}

function knownValue({ keeper, round: { locked, valid } }: BftState, id: ValueId): Candidate | undefined {
  if (locked?.id === id) return { id, value: locked.value }
  if (valid?.id === id) return { id, value: valid.value }
  for (const { nominations } of keeper.rounds.values()) {
    const held = nominations.find(({ message, isValid }) => message.valueId === id && isValid)
    if (held !== undefined) return candidateOf(held)
  }
  return undefined
}

function candidateOf({ message: { valueId, value } }: HeldNomination): Candidate {
  return { id: valueId, value }
}
