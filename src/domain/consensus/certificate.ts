import type { Signature } from '../model/hex.ts'
import type { AgentId } from '../model/ids.ts'
import type { Custody, Voter } from './electorate.ts'
import { type DecisionInstance, HEIGHT } from './instance.ts'
import type { Proposal } from './proposal.ts'
import type { DecisionValue, Ending, SignedVote } from './signed-messages.ts'
import { type Outcome, type Tally, tally } from './tally.ts'

export const CERTIFICATE_FORMAT = 'amos-decision-certificate/1'

export interface CertifiedBallot {
  readonly voter: AgentId
  readonly choice: string
  readonly reason?: string
  readonly signature: Signature
}

export interface CertifiedPrecommit {
  readonly voter: AgentId
  /** As in the electorate; repeated so that a reader sees at a glance whose vote is only as good as the hub's word. */
  readonly custody: Custody
  readonly signature: Signature
}

/**
 * A decision and its proof, as JSON: what was asked, who could vote, what they said, and the precommits of a quorum in
 * one round. `docs/decision-certificate.md` is its specification.
 */
export interface DecisionCertificate {
  readonly format: typeof CERTIFICATE_FORMAT
  readonly tenantId: string
  readonly swarmId: string
  readonly proposalId: string
  readonly height: number
  readonly proposal: Proposal
  readonly electorate: readonly Voter[]
  readonly ending: Ending
  readonly ballots: readonly CertifiedBallot[]
  /** What the ballots add up to. Every verifier counts again. */
  readonly tally: Omit<Tally, 'outcome'>
  readonly outcome: Outcome
  readonly round: number
  readonly precommits: readonly CertifiedPrecommit[]
}

/** @param precommits a quorum's, for this value in this round; in the order of their voters. */
export function buildCertificate(
  instance: DecisionInstance,
  value: DecisionValue,
  round: number,
  precommits: readonly SignedVote[],
): DecisionCertificate {
  const { tenantId, swarmId, proposalId, proposal, electorate } = instance
  const { outcome, ...weights } = tally(proposal, electorate, value.ballots)
  return {
    format: CERTIFICATE_FORMAT,
    tenantId,
    swarmId,
    proposalId,
    height: HEIGHT,
    proposal,
    electorate: electorate.voters,
    ending: value.ending,
    ballots: value.ballots.map(({ kind: _, ...ballot }) => ballot),
    tally: weights,
    outcome,
    round,
    precommits: precommits.map(({ voter, signature }) => ({
      voter,
      custody: electorate.byId.get(voter)?.custody ?? 'hub',
      signature,
    })),
  }
}
