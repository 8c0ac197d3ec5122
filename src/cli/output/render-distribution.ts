import type { DistributionReport } from '#simulation/distribution/distribution-report.ts'

/** What a strategy made of a workload, for people. */
export function renderDistribution(report: DistributionReport): string {
  const { makespanMs, lowerBoundMs, utilisation } = report
  const rows = {
    tasks: String(report.tasks),
    'mean wait': seconds(report.meanWaitMs),
    'median wait': seconds(report.p50WaitMs),
    'p99 wait': seconds(report.p99WaitMs),
    'mean response': seconds(report.meanResponseMs),
    makespan: `${seconds(makespanMs)}, ${ratio(makespanMs, lowerBoundMs)} × the lower bound`,
    utilisation: `${(100 * utilisation).toFixed(1)} %`,
    stolen: String(report.stolen),
    'set-ups': String(report.setups),
  }
  return Object.entries(rows)
    .map(([name, value]) => `${name.padEnd(14)} ${value}`)
    .join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`
}

function ratio(value: number, bound: number): string {
  return bound === 0 ? '–' : (value / bound).toFixed(3)
}
