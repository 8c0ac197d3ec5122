import type { LeaderView } from '#contract/consensus/election.ts'
import type { BallotList, DecisionView, ProposalView } from '#contract/consensus/proposal.ts'
import type { DecisionCertificate as CertificateView } from '#contract/consensus/signed.ts'
import type { Voter } from '#domain/consensus/electorate.ts'
import type { LeaderState } from '#domain/consensus-engine/elections/election-record.ts'
import type { ProposalRecord } from '#domain/consensus-engine/proposals/proposal-record.ts'
import { tallyOf } from '#domain/consensus-engine/proposals/tally-of.ts'
import type { JsonText } from '#domain/model/ids.ts'
import type { PageEnd } from '../paging/page-end.ts'
import { wireTime } from './wire-time.ts'

/** A proposal as it stands, as JSON text: its payload is spliced in as it came. */
export function proposalText(record: ProposalRecord, payload: JsonText): string {
  return `${JSON.stringify(proposalView(record)).slice(0, -1)},"payload":${payload}}`
}

export function proposalPageText(
  page: readonly { readonly record: ProposalRecord; readonly payload: JsonText }[],
  end: PageEnd,
): string {
  const proposals = page.map(({ record, payload }) => proposalText(record, payload))
  const members = Object.entries(end).map(
    ([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`,
  )
  return `{"proposals":[${proposals.join(',')}]${members.join('')}}`
}

export function ballotList(record: ProposalRecord): BallotList {
  const custodyOf = new Map(record.electorate.map(({ agentId, custody }) => [agentId, custody]))
  const { outcome: _, ...tally } = tallyOf(record)
  return {
    ballots: record.ballots.map(({ kind: _kind, ...ballot }) => ({
      ...ballot,
      custody: custodyOf.get(ballot.voter) ?? 'hub',
    })),
    tally: withOptions(tally),
  }
}

export function decisionView({
  proposalId,
  status,
  certificate,
  electorateHash,
  evidence,
}: ProposalRecord): DecisionView {
  return {
    proposalId,
    status,
    electorateHash,
    evidence: evidence.map((equivocation) => ({ ...equivocation })),
    // The contract's arrays are not declared read-only; nothing writes to them.
    ...(certificate === null
      ? {}
      : { outcome: certificate.outcome, certificate: certificate as unknown as CertificateView }),
  }
}

export function leaderView({ epoch, voters, leadership, electionsHeld }: LeaderState): LeaderView {
  const { leaderId, term, certificate } = leadership
  return {
    leaderId,
    epoch,
    term,
    certificate:
      certificate === null
        ? null
        : { ...certificate, voters: [...certificate.voters], votes: [...certificate.votes] },
    voters: [...voters],
    electionsHeld,
  }
}

function proposalView(record: ProposalRecord): Omit<ProposalView, 'payload'> {
  const { proposal, electorate, certificate, endedAt, deliberationMs, agreementMs } = record
  const { outcome: _, ...tally } = tallyOf(record)
  return {
    proposalId: record.proposalId,
    status: record.status,
    ...proposal,
    options: [...proposal.options],
    electorate: electorate.map((voter: Voter) => ({ ...voter })),
    electorateHash: record.electorateHash,
    isCancelRequested: record.isCancelled,
    tally: withOptions(tally),
    ...(certificate === null ? {} : { outcome: certificate.outcome, ending: certificate.ending }),
    openedAt: wireTime(record.openedAt),
    ...(endedAt === null || certificate === null ? {} : { decidedAt: wireTime(endedAt) }),
    ...(deliberationMs === null ? {} : { deliberationMs }),
    ...(agreementMs === null ? {} : { agreementMs }),
  }
}

function withOptions<T extends { readonly options: readonly { option: string; weight: number }[] }>(
  tally: T,
) {
  return { ...tally, options: [...tally.options] }
}
