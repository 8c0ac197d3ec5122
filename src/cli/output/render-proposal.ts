import type { BallotList, DecisionView, LeaderView, ProposalView } from '#contract/index.ts'
import type { DecisionVerdict } from '#sdk/index.ts'
import { formatAge, formatDuration } from './durations.ts'
import { type Column, renderTable } from './table.ts'

const COLUMNS: readonly Column<ProposalView>[] = [
  { title: 'PROPOSAL', isWhole: true, value: ({ proposalId }) => proposalId },
  { title: 'STATUS', isWhole: true, value: ({ status }) => status },
  { title: 'OUTCOME', value: ({ outcome }) => outcomeText(outcome) },
  { title: 'VOTED', align: 'right', value: votedWeight },
  {
    title: 'OPENED',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ openedAt }) => `${formatAge(openedAt)} ago`,
  },
  { title: 'TITLE', value: ({ title }) => title },
]

export function renderProposals(proposals: readonly ProposalView[]): string {
  return renderTable(COLUMNS, proposals)
}

export function renderProposal(proposal: ProposalView, { ballots }: BallotList): string {
  const { threshold, electorate, electorateHash, deliberationMs, agreementMs } = proposal
  const choices = new Map(ballots.map(({ voter, choice, reason }) => [voter, { choice, reason }]))
  const voters = renderTable<ProposalView['electorate'][number]>(
    [
      { title: 'VOTER', isWhole: true, value: ({ agentId }) => agentId },
      { title: 'WEIGHT', align: 'right', value: ({ weight }) => String(weight) },
      { title: 'KEY HELD BY', value: ({ custody }) => (custody === 'self' ? 'itself' : 'the server') },
      { title: 'BALLOT', value: ({ agentId }) => choices.get(agentId)?.choice ?? '' },
      { title: 'REASON', value: ({ agentId }) => choices.get(agentId)?.reason ?? '' },
    ],
    electorate,
  )
  const tally = proposal.tally.options.map(({ option, weight }) => `${option} ${weight}`).join(', ')
  const took =
    deliberationMs === undefined || agreementMs === undefined
      ? []
      : [`took          ${formatDuration(deliberationMs)} to vote, ${formatDuration(agreementMs)} to agree`]
  return [
    renderProposals([proposal]),
    '',
    `tally         ${tally}; of ${proposal.tally.totalWeight}, ${threshold.numerator}/${threshold.denominator} wins`,
    ...took,
    `trusted set   ${electorateHash}`,
    '',
    voters,
  ].join('\n')
}

export function renderDecision({ proposalId, status, outcome, certificate, evidence }: DecisionView): string {
  const signers = certificate?.precommits.map(({ voter }) => voter) ?? []
  const proof =
    certificate === undefined
      ? 'no certificate: no quorum has agreed on anything'
      : `certificate signed by ${signers.join(', ')} in round ${certificate.round}`
  const contradictions = evidence.map(
    ({ voter, first }) => `${voter} contradicted itself: two different ${kindOf(first)}s`,
  )
  return [
    `${proposalId}: ${status === 'decided' ? outcomeText(outcome) : status}`,
    proof,
    ...contradictions,
  ].join('\n')
}

export function renderVerdict(verdict: DecisionVerdict): string {
  if (!verdict.isValid) return `NOT VALID: ${verdict.defect}`
  const { signedWeight, totalWeight, selfCustodyQuorum, faultWeightMax, outcome } = verdict
  const custody = selfCustodyQuorum
    ? 'voters that hold their own keys are a quorum by themselves'
    : "it rests on the server's word for some of the votes"
  return `VALID: ${outcomeText(outcome)}, signed by ${signedWeight} of ${totalWeight}; ${custody}; up to ${faultWeightMax} could have lied`
}

export function renderLeader({ leaderId, epoch, term, voters, certificate }: LeaderView): string {
  const votes = certificate?.votes.map(({ voter }) => voter).join(', ')
  return [
    leaderId === null ? 'nobody leads' : `${leaderId} leads, epoch ${epoch}, term ${term}`,
    ...(votes === undefined ? [] : [`elected by ${votes}`]),
    voters.length === 0
      ? 'no committee: nobody elects'
      : `committee ${voters.map((voter) => voter.agentId).join(', ')}`,
  ].join('\n')
}

function outcomeText(outcome: ProposalView['outcome']): string {
  if (outcome === undefined) return ''
  const isChoice = outcome.verdict === 'approved' && outcome.option !== 'approve'
  return isChoice ? `${outcome.verdict}: ${outcome.option}` : outcome.verdict
}

function votedWeight({ tally }: ProposalView): string {
  return `${tally.totalWeight - tally.missingWeight}/${tally.totalWeight}`
}

function kindOf(statement: unknown): string {
  const isKind = typeof statement === 'object' && statement !== null && 'kind' in statement
  return isKind ? String(statement.kind) : 'statement'
}
