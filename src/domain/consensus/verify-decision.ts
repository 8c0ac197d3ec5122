import type { Hash } from '../model/hex.ts'
import { proposalId, swarmId, tenantId } from '../model/ids.ts'
import { faultWeightMax, isQuorum } from './bft/quorum.ts'
import type { DecisionCertificate } from './certificate.ts'
import { CertificateDefect, readCertificate } from './certificate-json.ts'
import { parseCertificateText } from './certificate-text.ts'
import { valueDefect, valueIdOf } from './decision-value.ts'
import { createElectorate, electorateDefect } from './electorate.ts'
import { createInstance, type DecisionInstance, HEIGHT } from './instance.ts'
import type { Hasher } from './ports/hasher.ts'
import type { SignatureVerifier } from './ports/signature-verifier.ts'
import { proposalDefect } from './proposal.ts'
import { signBytes } from './sign-bytes.ts'
import type { DecisionValue, Ending, SignedBallot, ValueId } from './signed-messages.ts'
import { type Outcome, tally } from './tally.ts'

/** A round beyond all that could ever be reached. */
export const ROUND_MAX = 1_000_000

export type DecisionVerdict =
  | { readonly isValid: false; readonly defect: string }
  | ({ readonly isValid: true } & VerifiedDecision)

export interface VerifiedDecision {
  readonly certificate: DecisionCertificate
  readonly instance: DecisionInstance
  readonly value: DecisionValue
  readonly valueId: ValueId
  readonly ending: Ending
  readonly outcome: Outcome
  readonly totalWeight: number
  /** Of the precommits in the certificate. */
  readonly signedWeight: number
  /** The part of it whose keys are held by the voters themselves. */
  readonly selfCustodyWeight: number
  /** Whether that part alone is a quorum: if not, the decision rests on the hub's word for some of the votes. */
  readonly selfCustodyQuorum: boolean
  /** The weight that could have lied without harm; 0 for a total weight up to 3. */
  readonly faultWeightMax: number
}

export interface VerifyModules {
  readonly hasher: Hasher
  readonly verifier: SignatureVerifier
}

/**
 * Checks a decision from nothing but its certificate and the hash of the voters one trusts.
 *
 * Pure, and never throws for any JSON whatever. A parsed certificate cannot show whether its text named a member twice or
 * wrote a number as `1.0`; give the text where it is at hand. Without a trusted set nothing is valid: a certificate whose voters one
 * does not know proves only that somebody made some keys.
 *
 * @param json the certificate as JSON text, or parsed
 * @param trustedSetHash see `Electorate.hash`; obtained otherwise than with the certificate.
 */
export function verifyDecision(
  json: unknown,
  trustedSetHash: Hash | undefined,
  modules: VerifyModules,
): DecisionVerdict {
  if (trustedSetHash === undefined) return { isValid: false, defect: 'no trusted set is given' }
  try {
    const parsed = typeof json === 'string' ? parseCertificateText(json) : json
    return { isValid: true, ...verify(readCertificate(parsed), trustedSetHash, modules) }
  } catch (error) {
    if (!(error instanceof CertificateDefect)) throw error
    return { isValid: false, defect: error.message }
  }
}

function verify(
  certificate: DecisionCertificate,
  trustedSetHash: Hash,
  { hasher, verifier }: VerifyModules,
): VerifiedDecision {
  const instance = instanceOf(certificate, hasher)
  demand(instance.electorate.hash === trustedSetHash, 'the voters are not the trusted set')
  const value = valueOf(certificate)
  const { byId, totalWeight } = instance.electorate
  const unfit = valueDefect(instance, value, (ballot) => {
    const voter = byId.get(ballot.voter)
    return (
      voter !== undefined && verifier.verify(voter.publicKey, signBytes(instance, ballot), ballot.signature)
    )
  })
  demand(unfit === undefined, unfit ?? '')
  const outcome = recount(certificate, instance, value)
  const valueId = valueIdOf(value, hasher)
  const { signedWeight, selfCustodyWeight } = weighPrecommits(certificate, instance, valueId, verifier)
  demand(isQuorum(signedWeight, totalWeight), 'the precommits are no quorum')
  return {
    certificate,
    instance,
    value,
    valueId,
    ending: value.ending,
    outcome,
    totalWeight,
    signedWeight,
    selfCustodyWeight,
    selfCustodyQuorum: isQuorum(selfCustodyWeight, totalWeight),
    faultWeightMax: faultWeightMax(totalWeight),
  }
}

function instanceOf(certificate: DecisionCertificate, hasher: Hasher): DecisionInstance {
  demand(certificate.height === HEIGHT, 'the height is wrong')
  const unfitVoters = electorateDefect(certificate.electorate)
  demand(unfitVoters === undefined, unfitVoters ?? '')
  const unfitProposal = proposalDefect(certificate.proposal)
  demand(unfitProposal === undefined, unfitProposal ?? '')
  const place = {
    tenantId: tenantId(certificate.tenantId),
    swarmId: swarmId(certificate.swarmId),
    proposalId: proposalId(certificate.proposalId),
  }
  return createInstance(place, certificate.proposal, createElectorate(certificate.electorate, hasher), hasher)
}

function valueOf({ ending, ballots }: DecisionCertificate): DecisionValue {
  return { ending, ballots: ballots.map((ballot): SignedBallot => ({ kind: 'ballot', ...ballot })) }
}

/** What the certificate says came out has to be what the ballots add up to. */
function recount(
  certificate: DecisionCertificate,
  instance: DecisionInstance,
  value: DecisionValue,
): Outcome {
  const { outcome, ...weights } = tally(instance.proposal, instance.electorate, value.ballots)
  const stated = certificate.tally
  const isSameTally =
    stated.totalWeight === weights.totalWeight &&
    stated.abstainWeight === weights.abstainWeight &&
    stated.missingWeight === weights.missingWeight &&
    stated.options.length === weights.options.length &&
    stated.options.every(({ option, weight }, at) => {
      const counted = weights.options[at]
      return option === counted?.option && weight === counted.weight
    })
  demand(isSameTally, 'the tally is not what the ballots add up to')
  const isSameOutcome =
    certificate.outcome.verdict === outcome.verdict &&
    (outcome.verdict !== 'approved' ||
      (certificate.outcome.verdict === 'approved' && certificate.outcome.option === outcome.option))
  demand(isSameOutcome, 'the outcome does not follow from the ballots')
  return outcome
}

/** All precommits stand for one value in one round, none is by anybody twice, and each is its voter's own. */
function weighPrecommits(
  { round, precommits }: DecisionCertificate,
  instance: DecisionInstance,
  valueId: ValueId,
  verifier: SignatureVerifier,
): { readonly signedWeight: number; readonly selfCustodyWeight: number } {
  demand(round <= ROUND_MAX, 'the round is out of range')
  let [signedWeight, selfCustodyWeight] = [0, 0]
  for (const [at, { voter, custody, signature }] of precommits.entries()) {
    const previous = precommits[at - 1]
    demand(previous === undefined || previous.voter < voter, 'the precommits are out of order')
    const member = instance.electorate.byId.get(voter)
    if (member === undefined) throw new CertificateDefect('a precommit is by no voter')
    demand(custody === member.custody, "a precommit's custody is not its voter's")
    const bytes = signBytes(instance, { kind: 'precommit', voter, round, validRound: -1, valueId })
    demand(verifier.verify(member.publicKey, bytes, signature), 'a precommit is not by its voter')
    signedWeight += member.weight
    if (member.custody === 'self') selfCustodyWeight += member.weight
  }
  return { signedWeight, selfCustodyWeight }
}

function demand(condition: boolean, defect: string): void {
  if (!condition) throw new CertificateDefect(defect)
}
