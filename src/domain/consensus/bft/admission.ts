import { ballotDefect, valueDefect, valueIdOf } from '../decision-value.ts'
import type { Voter } from '../electorate.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import { signBytes } from '../sign-bytes.ts'
import type {
  SignedBallot,
  SignedMessage,
  SignedNomination,
  SignedStatement,
  SignedVote,
} from '../signed-messages.ts'
import { ROUND_MAX, verifyDecision } from '../verify-decision.ts'
import type { BftInput, BftState } from './bft-state.ts'
import { proposerOf } from './proposer.ts'
import { isQuorum } from './quorum.ts'
import { holdsSame, holdsSlot, isFullOfNominations } from './vote-keeper.ts'

/** Why a message was not let in; a closed set, for metrics. */
export type AdmissionRefusal =
  /** Held already: a replay, or a second way round. */
  | 'duplicate'
  /** One more contradiction of a voter that was caught already: it could go on for ever. */
  | 'surplus'
  | 'unknown_voter'
  /** Says something that no honest voter can say. */
  | 'malformed'
  | 'wrong_proposer'
  /** The signature is not the voter's, or for something else: another instance, other voters, another round. */
  | 'forged'
  /** A certificate that does not prove what it says. */
  | 'unproven'

export type Admitted =
  | { readonly type: 'admitted'; readonly input: BftInput }
  | { readonly type: 'refused'; readonly reason: AdmissionRefusal }

/**
 * The gate before {@link stepBft}: lets in what is well formed, by a voter, and truly signed by it. Everything behind it
 * may trust signatures. What is cheap is asked first.
 */
export class Admission {
  readonly #hasher: Hasher
  readonly #verifier: SignatureVerifier

  constructor({ hasher, verifier }: { readonly hasher: Hasher; readonly verifier: SignatureVerifier }) {
    this.#hasher = hasher
    this.#verifier = verifier
  }

  admit(state: BftState, message: SignedMessage): Admitted {
    const voter = state.instance.electorate.byId.get(message.voter)
    if (voter === undefined) return refused('unknown_voter')
    switch (message.kind) {
      case 'ballot':
        return this.#admitBallot(state, message, voter)
      case 'nomination':
        return this.#admitNomination(state, message, voter)
      case 'prevote':
      case 'precommit':
        return this.#admitVote(state, message, voter)
      default:
        return message satisfies never
    }
  }

  /** @param json a certificate of unknown origin. */
  admitCertificate({ instance, certificate }: BftState, json: unknown): Admitted {
    if (certificate !== null) return refused('duplicate')
    const modules = { hasher: this.#hasher, verifier: this.#verifier }
    const verdict = verifyDecision(json, instance.electorate.hash, modules)
    if (!verdict.isValid) return refused('unproven')
    // The same voters decide many things: it has to be this one. The hash covers its place, too.
    const isOurs = verdict.instance.proposalHash === instance.proposalHash
    if (!isOurs) return refused('unproven')
    const { valueId: id, value } = verdict
    const decided = { id, value, round: verdict.certificate.round }
    return { type: 'admitted', input: { type: 'certificate', certificate: verdict.certificate, decided } }
  }

  #admitBallot(state: BftState, ballot: SignedBallot, { publicKey }: Voter): Admitted {
    if (ballotDefect(state.instance, ballot) !== undefined) return refused('malformed')
    if (holdsBallot(state, ballot)) return refused('duplicate')
    if (!this.#isSigned(state, ballot, publicKey)) return refused('forged')
    return { type: 'admitted', input: { type: 'ballot', ballot } }
  }

  #admitVote(state: BftState, vote: SignedVote, { publicKey }: Voter): Admitted {
    if (!isSoundVote(vote)) return refused('malformed')
    if (holdsSame(state.keeper, vote)) return refused('duplicate')
    if (state.accused.has(vote.voter) && holdsSlot(state.keeper, vote)) return refused('surplus')
    if (!this.#isSigned(state, vote, publicKey)) return refused('forged')
    return { type: 'admitted', input: { type: 'vote', vote } }
  }

  #admitNomination(state: BftState, message: SignedNomination, { agentId, publicKey }: Voter): Admitted {
    const { instance } = state
    const { round, validRound, value, valueId, polka } = message
    const { length: voterCount } = instance.electorate.voters
    if (!isRound(round) || !isValidRoundOf(validRound, round)) return refused('malformed')
    if (polka.length > voterCount || value.ballots.length > 2 * voterCount) return refused('malformed')
    // What is no ballot may have texts without bytes: then there is no id either.
    if (value.ballots.some((ballot) => ballotDefect(instance, ballot) !== undefined))
      return refused('malformed')
    if (proposerOf(instance, round) !== agentId) return refused('wrong_proposer')
    if (holdsSame(state.keeper, message)) return refused('duplicate')
    if (isFullOfNominations(state.keeper, round)) return refused('surplus')
    if (!this.#isSigned(state, message, publicKey)) return refused('forged')
    // Only the id is signed: the value beside it could be anybody's.
    if (valueIdOf(value, this.#hasher) !== valueId) return refused('malformed')
    const isGenuine = (ballot: SignedBallot) => this.#isGenuine(state, ballot)
    const isValid = valueDefect(instance, value, isGenuine) === undefined
    const isProven = this.#isProven(state, message)
    return { type: 'admitted', input: { type: 'nomination', nomination: { message, isValid, isProven } } }
  }

  /** Line 28's 2f+1 prevotes for the value in its valid round, as they came with the nomination. */
  #isProven(state: BftState, { validRound, valueId, polka }: SignedNomination): boolean {
    const { byId, totalWeight } = state.instance.electorate
    const voters = new Set<string>()
    let weight = 0
    for (const vote of polka) {
      const voter = byId.get(vote.voter)
      const fits = vote.kind === 'prevote' && vote.round === validRound && vote.valueId === valueId
      if (voter === undefined || !fits || !isSoundVote(vote) || voters.has(vote.voter)) return false
      const isSigned = holdsExactly(state, vote) || this.#isSigned(state, vote, voter.publicKey)
      if (!isSigned) return false
      voters.add(vote.voter)
      weight += voter.weight
    }
    return isQuorum(weight, totalWeight)
  }

  #isGenuine(state: BftState, ballot: SignedBallot): boolean {
    const held = state.ballots.get(ballot.voter)?.some((other) => isSameBallot(other, ballot)) === true
    const voter = state.instance.electorate.byId.get(ballot.voter)
    return held || (voter !== undefined && this.#isSigned(state, ballot, voter.publicKey))
  }

  #isSigned({ instance }: BftState, statement: SignedStatement, key: Voter['publicKey']): boolean {
    return this.#verifier.verify(key, signBytes(instance, statement), statement.signature)
  }
}

function isSoundVote({ kind, round, validRound, valueId }: SignedVote): boolean {
  if (!isRound(round)) return false
  // Nil rests on nothing, and a precommit on the polka of its own round.
  return valueId === null || kind === 'precommit' ? validRound === -1 : isValidRoundOf(validRound, round)
}

function isRound(round: number): boolean {
  return Number.isInteger(round) && round >= 0 && round <= ROUND_MAX
}

function isValidRoundOf(validRound: number, round: number): boolean {
  return Number.isInteger(validRound) && validRound >= -1 && validRound < round
}

function holdsBallot({ ballots }: BftState, ballot: SignedBallot): boolean {
  const held = ballots.get(ballot.voter) ?? []
  return (
    held.length > 1 || held.some(({ choice, reason }) => choice === ballot.choice && reason === ballot.reason)
  )
}

function isSameBallot(a: SignedBallot, b: SignedBallot): boolean {
  return a.signature === b.signature && a.choice === b.choice && a.reason === b.reason
}

function holdsExactly({ keeper }: BftState, vote: SignedVote): boolean {
  const held = keeper.rounds.get(vote.round)?.prevotes.votes.get(vote.voter)
  return (
    held !== undefined &&
    held.signature === vote.signature &&
    held.validRound === vote.validRound &&
    held.valueId === vote.valueId
  )
}

function refused(reason: AdmissionRefusal): Admitted {
  return { type: 'refused', reason }
}
