import type { DecisionCertificate } from '../../consensus/certificate.ts'
import type { Voter } from '../../consensus/electorate.ts'
import type { Equivocation } from '../../consensus/evidence.ts'
import type { SigningRecord } from '../../consensus/ports/signing-journal.ts'
import type { Proposal } from '../../consensus/proposal.ts'
import type { SignedBallot } from '../../consensus/signed-messages.ts'
import type { Hash } from '../../model/hex.ts'
import { type AgentId, type EpochMs, type JsonText, type ProposalId } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'

/**
 * `open`: the voters are at it. `decided`: there is a certificate. `undecided`: the deadline is long past and nobody has
 * shown one; should one turn up after all, it is decided.
 */
export type ProposalStatus = 'open' | 'decided' | 'undecided'

/** What the hub keeps of a proposal, under the proposal's id. The payload is kept beside it. */
export interface ProposalRecord {
  readonly proposalId: ProposalId
  readonly proposal: Proposal
  readonly electorate: readonly Voter[]
  readonly electorateHash: Hash
  /** Of the request that made it: the same again is the same proposal. */
  readonly fingerprint: Hash
  readonly status: ProposalStatus
  readonly isCancelled: boolean
  /** Those the hub has seen, at most two by one voter; with a certificate, the ones in it. */
  readonly ballots: readonly SignedBallot[]
  /** One by each voter that contradicted itself. */
  readonly evidence: readonly Equivocation[]
  readonly certificate: DecisionCertificate | null
  readonly openedAt: EpochMs
  readonly endedAt: EpochMs | null
  /** From the opening until the ballots decided, the deadline passed or it was cancelled; null before. */
  readonly deliberationMs: number | null
  /** From then until the certificate. */
  readonly agreementMs: number | null
}

/** A key the hub holds for an agent, under the agent's id. */
export interface HostedKeyRecord {
  readonly agentId: AgentId
  readonly secret: string
}

/** What was signed with a hosted key for one proposal, under {@link hostedSigningId}. */
export interface HostedSigningRecord {
  readonly agentId: AgentId
  /** Of the newest record. */
  readonly lastAt: EpochMs
  readonly records: readonly SigningRecord[]
}

/** Proposals first: all that was signed for one stands together. */
export function hostedSigningId(proposalId: ProposalId, agentId: AgentId): string {
  return `${proposalId}:${agentId}`
}

export const PROPOSAL_RECORDS = recordKind<ProposalRecord>('proposal')

/** What a proposal is about, under the proposal's id. */
export const PROPOSAL_PAYLOAD_RECORDS = recordKind<JsonText>('proposal_payload', { isListed: false })

export const HOSTED_KEY_RECORDS = recordKind<HostedKeyRecord>('hosted_key')

/** Under {@link hostedSigningId}. */
export const HOSTED_SIGNING_RECORDS = recordKind<HostedSigningRecord>('hosted_signing')
