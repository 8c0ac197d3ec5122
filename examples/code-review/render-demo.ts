import { formatDuration } from '#cli/output/durations.ts'
import { renderTable } from '#cli/output/table.ts'
import type { AgentSummary, DemoResult, TypeTiming } from './demo-result.ts'
import { renderDecisions } from './render-decisions.ts'
import { SEVERITIES } from './review/finding.ts'
import type { RankedFinding } from './review/rank.ts'

const FINDINGS_SHOWN = 25
const TAKEOVERS_SHOWN = 10

/** The report for people. */
export function renderDemo(result: DemoResult): string {
  return [
    renderHeading(result),
    renderFindings(result),
    renderRules(result),
    `Who did what\n\n${renderAgents(result.agents)}`,
    `How long tasks waited and ran\n\n${renderTimings(result.timing.byType)}`,
    renderDecisions(result.decisions),
    renderOutcomes(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function renderHeading({ path, summary, agents, timing, filesOmitted }: DemoResult): string {
  const files = summary === undefined ? 'files' : `${summary.filesReviewed} files`
  const omitted = filesOmitted === 0 ? '' : ` (${filesOmitted} more were left out: too many)`
  return `${agents.length} agent processes reviewed ${files} of ${path} in ${formatDuration(timing.wallMs)}${omitted}`
}

function renderFindings({ findings, summary }: DemoResult): string {
  if (summary === undefined) return 'There is no report: its task was not completed.'
  const counts = SEVERITIES.map((severity) => `${summary.counts[severity]} ${severity}`).join(', ')
  const title = `Findings: ${counts}; nothing in ${summary.filesClean} of ${summary.filesReviewed} files`
  if (findings.length === 0) return title
  const table = renderTable<RankedFinding>(
    [
      { title: '#', align: 'right', value: ({ rank }) => String(rank) },
      { title: 'SEVERITY', value: ({ severity }) => severity },
      { title: 'WHERE', value: ({ path, line }) => `${path}:${line}` },
      { title: 'WHAT', value: ({ message }) => message },
    ],
    findings.slice(0, FINDINGS_SHOWN),
    // A finding that is cut is of no use, and nobody reads it in columns.
    Number.POSITIVE_INFINITY,
  )
  const more = findings.length - FINDINGS_SHOWN
  return `${title}\n\n${table}${more > 0 ? `\n… and ${more} more, all of them with --json` : ''}`
}

function renderRules({ summary }: DemoResult): string {
  if (summary === undefined || summary.rules.length === 0) return ''
  const lines = summary.rules.map(
    ({ title, findingCount, fileCount }) =>
      `${String(findingCount).padStart(5)}  ${title} (${plural(fileCount, 'file')})`,
  )
  return `By rule\n\n${lines.join('\n')}`
}

function renderAgents(agents: readonly AgentSummary[]): string {
  return renderTable<AgentSummary>(
    [
      { title: 'AGENT', value: ({ agentId }) => agentId },
      { title: 'PID', align: 'right', value: ({ pid }) => String(pid) },
      { title: 'TASKS', align: 'right', value: ({ completed }) => String(completed) },
      { title: 'RUN TIME', align: 'right', value: ({ runMs }) => formatDuration(runMs) },
      { title: 'WHAT', value: renderWork },
    ],
    agents,
  )
}

function renderWork({ completedByType, wasKilled, isLiar }: AgentSummary): string {
  const work = Object.entries(completedByType)
    .toSorted(([, a], [, b]) => b - a)
    .map(([type, count]) => `${count} ${shortName(type)}`)
  return [...(wasKilled ? ['KILLED'] : []), ...(isLiar ? ['LIAR'] : []), ...work].join(', ')
}

function renderTimings(timings: readonly TypeTiming[]): string {
  return renderTable<TypeTiming>(
    [
      { title: 'TASKS OF', value: ({ type }) => shortName(type) },
      { title: 'COUNT', align: 'right', value: ({ count }) => String(count) },
      { title: 'WAIT p50', align: 'right', value: ({ wait }) => formatDuration(wait.p50Ms) },
      { title: 'p90', align: 'right', value: ({ wait }) => formatDuration(wait.p90Ms) },
      { title: 'max', align: 'right', value: ({ wait }) => formatDuration(wait.maxMs) },
      { title: 'RUN p50', align: 'right', value: ({ run }) => formatDuration(run.p50Ms) },
      { title: 'p90', align: 'right', value: ({ run }) => formatDuration(run.p90Ms) },
      { title: 'max', align: 'right', value: ({ run }) => formatDuration(run.maxMs) },
    ],
    timings,
  )
}

function renderOutcomes({ tasks, attemptsRepeated, killed, takeovers }: DemoResult): string {
  const { submitted, completed, failed, canceled, deadLetter } = tasks
  const outcomes = `${submitted} submitted: ${completed} completed, ${failed} failed, ${canceled} canceled, ${deadLetter} dead letter`
  const repeated = attemptsRepeated === 0 ? '' : `; ${plural(attemptsRepeated, 'attempt')} repeated`
  const lines = [`Tasks: ${outcomes}${repeated}`]
  if (killed === null) lines.push('No agent could be killed: none was caught at work before all was done.')
  if (killed !== undefined && killed !== null) {
    const { agentId, pid, heldTaskIds } = killed
    lines.push(
      `${agentId} (pid ${pid}) was killed with SIGKILL while it held ${plural(heldTaskIds.length, 'task')}.`,
    )
    const shown = takeovers.filter(({ from }) => from === agentId).slice(0, TAKEOVERS_SHOWN)
    for (const { type, path, taskId, to } of shown) {
      lines.push(`  ${shortName(type)} of ${path ?? taskId} was taken over by ${to}`)
    }
    lines.push(
      completed === submitted
        ? 'Nothing was lost: every task was completed.'
        : 'Not every task was completed.',
    )
  }
  return lines.join('\n')
}

function shortName(type: string): string {
  return type.replace(/^review\./, '')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
