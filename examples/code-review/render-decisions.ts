import { formatDuration } from '#cli/output/durations.ts'
import { renderTable } from '#cli/output/table.ts'
import type { FindingDecision } from './vote-on-findings.ts'

/** What the reviewers decided, for people; empty where nothing was put to the vote. */
export function renderDecisions(decisions: readonly FindingDecision[]): string {
  if (decisions.length === 0) return ''
  const table = renderTable<FindingDecision>(
    [
      { title: 'OUTCOME', value: ({ outcome }) => outcome },
      { title: 'VOTES', value: ({ tally }) => votesText(tally) },
      { title: 'ROUND', align: 'right', value: ({ round }) => (round === null ? '' : String(round)) },
      { title: 'AGREED IN', align: 'right', value: ({ agreementMs }) => formatDuration(agreementMs) },
      { title: 'CERTIFICATE', value: certificateText },
      { title: 'WHAT', value: ({ title, proposedBy }) => `${title}${byLine(proposedBy)}` },
    ],
    decisions,
  )
  return ['What the reviewers decided together', table, renderEvidence(decisions)]
    .filter(Boolean)
    .join('\n\n')
}

function votesText(tally: FindingDecision['tally']): string {
  const cast = Object.entries(tally).filter(([, weight]) => weight > 0)
  return cast.map(([choice, weight]) => `${weight} ${choice}`).join(', ')
}

function certificateText({ isVerified, defect, selfCustodyQuorum }: FindingDecision): string {
  if (!isVerified) return `NOT VALID: ${defect ?? 'there is none'}`
  return selfCustodyQuorum ? 'verified, own keys' : 'verified'
}

function byLine(proposedBy: string): string {
  return proposedBy.startsWith('reviewer-') ? ` (put by ${proposedBy})` : ''
}

/** Each kind of contradiction once for each voter: its two signed statements are in the JSON. */
function renderEvidence(decisions: readonly FindingDecision[]): string {
  const counts = new Map<string, number>()
  for (const { voter, first } of decisions.flatMap(({ evidence }) => evidence)) {
    const charge = `${voter} signed two different ${(first as { kind: string }).kind}s for one slot`
    counts.set(charge, (counts.get(charge) ?? 0) + 1)
  }
  if (counts.size === 0) return ''
  const lines = [...counts].map(
    ([charge, count]) => `  ${charge}, in ${count} of ${decisions.length} decisions`,
  )
  return `Evidence, signed by those it is against; they are quarantined:\n${lines.join('\n')}`
}
