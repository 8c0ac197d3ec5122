import type { AgentId } from '../../model/ids.ts'
import type { Electorate } from '../electorate.ts'
import { contradicts, type Equivocation, equivocationOf } from '../evidence.ts'
import type { RoundMessage, SignedNomination, SignedVote } from '../signed-messages.ts'
import { NO_VOTES, type VoteSet, withoutVoter, withVote } from './vote-set.ts'

/** Rounds kept of each voter, its highest ones: whoever floods us with rounds pushes out only its own messages. */
export const ROUNDS_PER_VOTER_MAX = 8

/** A proposer that contradicts itself may have told others the one and us the other: either can turn out to be needed. */
const NOMINATIONS_PER_ROUND_MAX = 2

export interface HeldNomination {
  readonly message: SignedNomination
  /** The paper's valid(v), asked once when the message came. */
  readonly isValid: boolean
  /** Whether its polka holds: the right round, the right value, a quorum, every signature checked. */
  readonly isProven: boolean
}

export interface RoundMessages {
  readonly nominations: readonly HeldNomination[]
  readonly prevotes: VoteSet
  readonly precommits: VoteSet
}

/** The messages one holds of an instance, at most 8 rounds × (2 nominations + 1 prevote + 1 precommit) by each voter. */
export interface VoteKeeper {
  readonly rounds: ReadonlyMap<number, RoundMessages>
  /** In ascending order. */
  readonly roundsOf: ReadonlyMap<AgentId, readonly number[]>
}

export interface KeeperChange {
  readonly keeper: VoteKeeper
  readonly equivocation?: Equivocation
}

export const EMPTY_KEEPER: VoteKeeper = { rounds: new Map(), roundsOf: new Map() }

const NO_MESSAGES: RoundMessages = { nominations: [], prevotes: NO_VOTES, precommits: NO_VOTES }

/** Adds a vote whose signature was checked. A second one for its slot never counts; a different one is evidence. */
export function addVote(keeper: VoteKeeper, vote: SignedVote, electorate: Electorate): KeeperChange {
  const roomy = makeRoom(keeper, vote, electorate)
  if (roomy === undefined) return { keeper }
  const messages = messagesOf(roomy, vote.round)
  const set = vote.kind === 'prevote' ? messages.prevotes : messages.precommits
  const held = set.votes.get(vote.voter)
  if (held !== undefined) {
    return contradicts(held, vote) ? { keeper, equivocation: equivocationOf(held, vote) } : { keeper }
  }
  const grown = withVote(set, vote, weightOf(electorate, vote.voter))
  const next = vote.kind === 'prevote' ? { ...messages, prevotes: grown } : { ...messages, precommits: grown }
  return { keeper: { ...roomy, rounds: new Map(roomy.rounds).set(vote.round, next) } }
}

/** Adds a nomination by its round's proposer, its signature checked. */
export function addNomination(
  keeper: VoteKeeper,
  arrived: HeldNomination,
  electorate: Electorate,
): KeeperChange {
  const nomination = withoutInvalidValue(arrived)
  const { message } = nomination
  const roomy = makeRoom(keeper, message, electorate)
  if (roomy === undefined) return { keeper }
  const messages = messagesOf(roomy, message.round)
  const held = messages.nominations
  const same = held.findIndex((other) => !contradicts(other.message, message))
  if (same !== -1) {
    // The proof is not signed: whoever relays a nomination can strip it, and must not win by being first.
    if (held[same]?.isProven === true || !nomination.isProven) return { keeper }
    return { keeper: withNominations(roomy, message.round, held.with(same, nomination)) }
  }
  if (held.length >= NOMINATIONS_PER_ROUND_MAX) return { keeper }
  const grown = withNominations(roomy, message.round, [...held, nomination])
  const [first] = held
  return first === undefined
    ? { keeper: grown }
    : { keeper: grown, equivocation: equivocationOf(first.message, message) }
}

export function messagesOf(keeper: VoteKeeper, round: number): RoundMessages {
  return keeper.rounds.get(round) ?? NO_MESSAGES
}

/** Whether the very message, or one that says the same, is held: then its signature need not be checked again. */
export function holdsSame(keeper: VoteKeeper, message: RoundMessage): boolean {
  const { nominations, prevotes, precommits } = messagesOf(keeper, message.round)
  if (message.kind === 'nomination') {
    return nominations.some(
      ({ message: held, isProven }) =>
        held.voter === message.voter && !contradicts(held, message) && (isProven || message.validRound < 0),
    )
  }
  const held = (message.kind === 'prevote' ? prevotes : precommits).votes.get(message.voter)
  return held !== undefined && !contradicts(held, message)
}

/** Whether a proposer has said so much in a round that more would not be kept. */
export function isFullOfNominations(keeper: VoteKeeper, round: number): boolean {
  return messagesOf(keeper, round).nominations.length >= NOMINATIONS_PER_ROUND_MAX
}

/** Whether a vote is held for the slot of this one, whatever it says. */
export function holdsSlot(keeper: VoteKeeper, { kind, round, voter }: SignedVote): boolean {
  const { prevotes, precommits } = messagesOf(keeper, round)
  return (kind === 'prevote' ? prevotes : precommits).votes.has(voter)
}

/** Everything one voter sent from a round on, but for nominations that are not valid: nobody needs those. */
export function sentBy(keeper: VoteKeeper, voter: AgentId, fromRound: number): RoundMessage[] {
  return (keeper.roundsOf.get(voter) ?? [])
    .filter((round) => round >= fromRound)
    .flatMap((round) => {
      const { nominations, prevotes, precommits } = messagesOf(keeper, round)
      const own = nominations
        .filter(({ message, isValid }) => isValid && message.voter === voter)
        .map(({ message }) => message)
      return [...own, prevotes.votes.get(voter), precommits.votes.get(voter)].filter(
        (vote) => vote !== undefined,
      )
    })
}

/** Everything anyone sent from a round on. */
export function sentByAll(keeper: VoteKeeper, fromRound: number): RoundMessage[] {
  return [...keeper.roundsOf.keys()].flatMap((voter) => sentBy(keeper, voter, fromRound))
}

/** The weight of all who sent anything in a round. */
export function weightSpeakingIn(keeper: VoteKeeper, round: number, electorate: Electorate): number {
  const { nominations, prevotes, precommits } = messagesOf(keeper, round)
  const speakers = new Set([...prevotes.votes.keys(), ...precommits.votes.keys()])
  for (const { message } of nominations) speakers.add(message.voter)
  let weight = 0
  for (const voter of speakers) weight += weightOf(electorate, voter)
  return weight
}

/** That it is not valid is all one ever needs to know of such a value, and it can be large. */
function withoutInvalidValue(nomination: HeldNomination): HeldNomination {
  const { message, isValid } = nomination
  return isValid
    ? nomination
    : { ...nomination, message: { ...message, value: { ...message.value, ballots: [] } } }
}

function withNominations(
  keeper: VoteKeeper,
  round: number,
  nominations: readonly HeldNomination[],
): VoteKeeper {
  return {
    ...keeper,
    rounds: new Map(keeper.rounds).set(round, { ...messagesOf(keeper, round), nominations }),
  }
}

/** The keeper with the message's round among its voter's; undefined where it is older than all that are kept. */
function makeRoom(
  keeper: VoteKeeper,
  { voter, round }: RoundMessage,
  electorate: Electorate,
): VoteKeeper | undefined {
  const rounds = keeper.roundsOf.get(voter) ?? []
  if (rounds.includes(round)) return keeper
  const [lowest] = rounds
  if (rounds.length < ROUNDS_PER_VOTER_MAX || lowest === undefined) {
    return { ...keeper, roundsOf: new Map(keeper.roundsOf).set(voter, ascending([...rounds, round])) }
  }
  if (round < lowest) return undefined
  const roundsOf = new Map(keeper.roundsOf).set(voter, ascending([...rounds.slice(1), round]))
  return { rounds: withoutMessages(keeper.rounds, voter, lowest, electorate), roundsOf }
}

function withoutMessages(
  rounds: ReadonlyMap<number, RoundMessages>,
  voter: AgentId,
  round: number,
  electorate: Electorate,
): ReadonlyMap<number, RoundMessages> {
  const left = new Map(rounds)
  const messages = rounds.get(round)
  if (messages === undefined) return left
  const weight = weightOf(electorate, voter)
  const nominations = messages.nominations.filter(({ message }) => message.voter !== voter)
  const prevotes = withoutVoter(messages.prevotes, voter, weight)
  const precommits = withoutVoter(messages.precommits, voter, weight)
  if (nominations.length + prevotes.votes.size + precommits.votes.size === 0) left.delete(round)
  else left.set(round, { nominations, prevotes, precommits })
  return left
}

function weightOf(electorate: Electorate, voter: AgentId): number {
  return electorate.byId.get(voter)?.weight ?? 0
}

function ascending(rounds: readonly number[]): readonly number[] {
  return rounds.toSorted((a, b) => a - b)
}
