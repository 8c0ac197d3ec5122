import type { Machine } from './machine.ts'
import type { ContenderResult, Figure, ScenarioResult } from './run.ts'
import type { Bar, Effort, Metric } from './scenario.ts'
import { formatNumber, renderTable } from './table.ts'

export interface Run {
  readonly startedAt: string
  readonly effort: Effort
  readonly machine: Machine
  readonly results: readonly ScenarioResult[]
}

export interface BarOutcome extends Bar {
  /** Absent when the contender or the baseline was not measured. */
  readonly actual?: number
  readonly isMet?: boolean
}

export function renderMachine({ cores, cpuModel, memoryGiB, os, node, load }: Machine): string {
  return `${cores} cores (${cpuModel}), ${memoryGiB} GiB, ${os}, Node ${node}, load ${load.toFixed(2)} at the start`
}

/** For a terminal: title, table, bars. */
export function renderResult(result: ScenarioResult): string {
  const { title, baseline, metrics } = result.scenario
  const columns = [
    { title: '', align: 'left' as const },
    ...metrics.flatMap(({ name, unit }) => [
      { title: `${name} ${unit}`, align: 'right' as const },
      { title: `× ${baseline}`, align: 'right' as const },
    ]),
  ]
  const table = renderTable(
    columns,
    result.contenders.map((contender) => row(contender, metrics)),
  )
  const notes = result.contenders.map(renderNote)
  return [title, table, ...notes, ...judgeBars(result).map(renderBar)].join('\n')
}

/** For scripts: everything that was measured, as plain data. */
export function toJson({ startedAt, effort, machine, results }: Run): object {
  return {
    startedAt,
    effort,
    machine,
    scenarios: results.map((result) => ({
      name: result.scenario.name,
      title: result.scenario.title,
      baseline: result.scenario.baseline,
      metrics: result.scenario.metrics,
      contenders: result.contenders.map(({ contender, ...outcome }) => ({
        name: contender.name,
        about: contender.about,
        ...outcome,
      })),
      bars: judgeBars(result),
    })),
  }
}

export function judgeBars({ scenario, contenders }: ScenarioResult): BarOutcome[] {
  return (scenario.bars ?? []).map((bar) => {
    const metric = scenario.metrics.find(({ name }) => name === bar.metric)
    const measured = contenders.find(({ contender }) => contender.name === bar.contender)
    const figure = measured?.status === 'measured' ? measured.figures[bar.metric] : undefined
    const actual = bar.of === 'ratio' ? figure?.ratio : figure?.median
    if (metric === undefined || actual === undefined || Number.isNaN(actual)) return bar
    return { ...bar, actual, isMet: metric.better === 'lower' ? actual <= bar.limit : actual >= bar.limit }
  })
}

function row(result: ContenderResult, metrics: readonly Metric[]): string[] {
  const { name } = result.contender
  if (result.status !== 'measured') return [`${name} (${result.status})`]
  return [name, ...metrics.flatMap((metric) => cells(result.figures[metric.name]))]
}

function cells(figure: Figure | undefined): string[] {
  if (figure === undefined) return ['–', '–']
  return [formatNumber(figure.median), Number.isNaN(figure.ratio) ? '–' : figure.ratio.toFixed(2)]
}

function renderNote(result: ContenderResult): string {
  const { name, about } = result.contender
  return `  ${name}: ${result.status === 'measured' ? about : result.reason}`
}

function renderBar({ contender, metric, of, limit, actual, isMet }: BarOutcome): string {
  const verdict = isMet === undefined ? 'not measured' : isMet ? 'met' : 'missed'
  const found = actual === undefined ? '' : ` (${of} ${formatNumber(actual)}, bar ${formatNumber(limit)})`
  return `  bar ${verdict}: ${metric} of ${contender}${found}`
}
