import { isHash, isPublicKey, isSignature } from '../model/hex.ts'
import { agentId, proposalId, swarmId, tenantId } from '../model/ids.ts'
import {
  CERTIFICATE_FORMAT,
  type CertifiedBallot,
  type CertifiedPrecommit,
  type DecisionCertificate,
} from './certificate.ts'
import { type Custody, VOTERS_MAX, type Voter } from './electorate.ts'
import type { Proposal, Threshold } from './proposal.ts'
import type { Ending } from './signed-messages.ts'
import type { Outcome } from './tally.ts'

/** What makes a certificate unreadable; `verifyDecision` turns it into an answer. */
export class CertificateDefect extends Error {
  override readonly name: string = 'CertificateDefect'
}

const CERTIFICATE_MEMBERS =
  'format tenantId swarmId proposalId height proposal electorate ending ballots tally outcome round precommits'.split(
    ' ',
  )

/**
 * The certificate in a parsed JSON text of unknown origin. Every member is required unless it is marked optional, and a
 * member too many is refused: nothing may stand in a certificate that no signature covers.
 *
 * @throws CertificateDefect
 */
export function readCertificate(json: unknown): DecisionCertificate {
  const fields = membersOf(json, 'certificate', CERTIFICATE_MEMBERS)
  if (fields['format'] !== CERTIFICATE_FORMAT) throw new CertificateDefect('the format is unknown')
  return {
    format: CERTIFICATE_FORMAT,
    tenantId: id(fields['tenantId'], tenantId),
    swarmId: id(fields['swarmId'], swarmId),
    proposalId: id(fields['proposalId'], proposalId),
    height: wholeNumber(fields['height']),
    proposal: readProposal(fields['proposal']),
    electorate: list(fields['electorate'], VOTERS_MAX).map(readVoter),
    ending: oneOf<Ending>(fields['ending'], ['tally', 'expired', 'cancelled']),
    ballots: list(fields['ballots'], 2 * VOTERS_MAX).map(readBallot),
    tally: readTally(fields['tally']),
    outcome: readOutcome(fields['outcome']),
    round: wholeNumber(fields['round']),
    precommits: list(fields['precommits'], VOTERS_MAX).map(readPrecommit),
  }
}

function readProposal(json: unknown): Proposal {
  const required = ['title', 'payloadHash', 'mode', 'options', 'threshold', 'deadlineMs', 'proposedBy']
  const fields = membersOf(json, 'proposal', required, ['firstProposer'])
  const { firstProposer } = fields
  return {
    title: text(fields['title']),
    payloadHash: fitting(fields['payloadHash'], isHash),
    mode: oneOf<Proposal['mode']>(fields['mode'], ['approval', 'choice']),
    options: list(fields['options'], OPTIONS_READ_MAX).map(text),
    threshold: readThreshold(fields['threshold']),
    deadlineMs: wholeNumber(fields['deadlineMs']),
    proposedBy: text(fields['proposedBy']),
    ...(firstProposer === undefined ? {} : { firstProposer: id(firstProposer, agentId) }),
  }
}

/** Before the proposal's own rules speak: no list without an end. */
const OPTIONS_READ_MAX = 100

function readThreshold(json: unknown): Threshold {
  const fields = membersOf(json, 'threshold', ['numerator', 'denominator'])
  return { numerator: wholeNumber(fields['numerator']), denominator: wholeNumber(fields['denominator']) }
}

function readVoter(json: unknown): Voter {
  const fields = membersOf(json, 'voter', ['agentId', 'publicKey', 'weight', 'custody'])
  return {
    agentId: id(fields['agentId'], agentId),
    publicKey: fitting(fields['publicKey'], isPublicKey),
    weight: wholeNumber(fields['weight']),
    custody: custody(fields['custody']),
  }
}

function readBallot(json: unknown): CertifiedBallot {
  const fields = membersOf(json, 'ballot', ['voter', 'choice', 'signature'], ['reason'])
  const { reason } = fields
  return {
    voter: id(fields['voter'], agentId),
    choice: text(fields['choice']),
    ...(reason === undefined ? {} : { reason: text(reason) }),
    signature: fitting(fields['signature'], isSignature),
  }
}

function readTally(json: unknown): DecisionCertificate['tally'] {
  const fields = membersOf(json, 'tally', ['totalWeight', 'options', 'abstainWeight', 'missingWeight'])
  return {
    totalWeight: wholeNumber(fields['totalWeight']),
    options: list(fields['options'], OPTIONS_READ_MAX).map((option) => {
      const counted = membersOf(option, 'option', ['option', 'weight'])
      return { option: text(counted['option']), weight: wholeNumber(counted['weight']) }
    }),
    abstainWeight: wholeNumber(fields['abstainWeight']),
    missingWeight: wholeNumber(fields['missingWeight']),
  }
}

function readOutcome(json: unknown): Outcome {
  const { verdict } = membersOf(json, 'outcome', ['verdict'], ['option'])
  if (verdict === 'approved') {
    return { verdict, option: text(membersOf(json, 'outcome', ['verdict', 'option'])['option']) }
  }
  membersOf(json, 'outcome', ['verdict'])
  return { verdict: oneOf(verdict, ['rejected', 'inconclusive'] as const) }
}

function readPrecommit(json: unknown): CertifiedPrecommit {
  const fields = membersOf(json, 'precommit', ['voter', 'custody', 'signature'])
  return {
    voter: id(fields['voter'], agentId),
    custody: custody(fields['custody']),
    signature: fitting(fields['signature'], isSignature),
  }
}

function membersOf(
  json: unknown,
  what: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new CertificateDefect(`the ${what} is no object`)
  }
  const missing = required.find((name) => !Object.hasOwn(json, name))
  if (missing !== undefined) throw new CertificateDefect(`the ${what} has no ${missing}`)
  const surplus = Object.keys(json).find((name) => !required.includes(name) && !optional.includes(name))
  if (surplus !== undefined) throw new CertificateDefect(`the ${what} has a member too many`)
  return json as Readonly<Record<string, unknown>>
}

function list(json: unknown, countMax: number): readonly unknown[] {
  if (!Array.isArray(json) || json.length > countMax)
    throw new CertificateDefect('a list is none, or too long')
  return json
}

function text(json: unknown): string {
  if (typeof json !== 'string') throw new CertificateDefect('a text is none')
  return json
}

function wholeNumber(json: unknown): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0 || Object.is(json, -0))
    throw new CertificateDefect('a whole number is none')
  return json as number
}

function custody(json: unknown): Custody {
  return oneOf<Custody>(json, ['self', 'hub'])
}

function oneOf<T extends string>(json: unknown, values: readonly T[]): T {
  const found = values.find((value) => value === json)
  if (found === undefined) throw new CertificateDefect('a word is not among those possible')
  return found
}

function fitting<T>(json: unknown, fits: (raw: unknown) => raw is T): T {
  if (!fits(json)) throw new CertificateDefect('a key, hash or signature is malformed')
  return json
}

function id<T>(json: unknown, read: (raw: string) => T): T {
  try {
    return read(text(json))
  } catch (error) {
    throw new CertificateDefect('an id is malformed', { cause: error })
  }
}
