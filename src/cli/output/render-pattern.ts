import type { PatternView } from '#contract/index.ts'
import { type Column, renderTable } from './table.ts'

type Row = Pick<
  PatternView,
  'patternId' | 'kind' | 'status' | 'severity' | 'effect' | 'firstSeenAt' | 'lastSeenAt'
> & {
  readonly agentIds: readonly string[]
}

const AGENTS_SHOWN = 5

const COLUMNS: readonly Column<Row>[] = [
  { title: 'PATTERN', isWhole: true, value: ({ patternId }) => patternId },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'SEVERITY', value: ({ severity }) => severity },
  { title: 'EFFECT', align: 'right', isOptional: true, value: ({ effect }) => effect.toFixed(2) },
  { title: 'FIRST SEEN', isOptional: true, value: ({ firstSeenAt }) => firstSeenAt },
  { title: 'AGENTS', value: ({ agentIds }) => agentsOf(agentIds) },
]

export function renderPatterns(patterns: readonly Row[]): string {
  return renderTable(COLUMNS, patterns)
}

export function renderPattern(pattern: PatternView): string {
  const { patternId, kind, status, severity, effect, pValue, findings, evidence, groups, review } = pattern
  const lines = [
    `pattern   ${patternId}`,
    `kind      ${kind}, ${status}, ${severity} (effect ${effect.toFixed(2)}, p ${pValue.toPrecision(2)})`,
    `seen      ${findings} times, ${pattern.firstSeenAt} to ${pattern.lastSeenAt}`,
    `agents    ${pattern.agentIds.join(', ')}`,
    ...(pattern.taskIds.length === 0 ? [] : [`tasks     ${pattern.taskIds.join(', ')}`]),
    `evidence  events ${evidence.join(', ')}`,
    ...groups.map(({ label, agentIds }) => `group     ${label}: ${agentIds.join(', ')}`),
    ...pattern.responses.map(({ action, at }) => `response  ${action} at ${at}`),
    ...(review === undefined ? [] : [`review    ${review.verdict} by ${review.by}${noteOf(review.note)}`]),
  ]
  return lines.join('\n')
}

function noteOf(note: string | undefined): string {
  return note === undefined ? '' : `: ${note}`
}

function agentsOf(agentIds: readonly string[]): string {
  const shown = agentIds.slice(0, AGENTS_SHOWN).join(', ')
  const more = agentIds.length - AGENTS_SHOWN
  return more > 0 ? `${shown} and ${more} more` : shown
}
