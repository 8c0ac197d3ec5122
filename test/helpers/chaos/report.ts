import { expect } from 'vitest'
import type { AuditReport } from './audit.ts'

/** One line on the terminal: what a scenario did, so that a green run says how hard it tried. */
export function printFigures(scenario: string, ...parts: readonly string[]): void {
  process.stdout.write(`chaos ${scenario}: ${parts.join('; ')}\n`)
}

/** Shows the first few of everything that is wrong. */
export function expectNothingWrong(report: AuditReport): void {
  const { lost, contradictory, stale, misnumbered, broken } = report
  const shown = Object.entries({ lost, contradictory, stale, misnumbered, broken })
    .filter(([, lines]) => lines.length > 0)
    .map(([promise, lines]) => [`${promise}: ${lines.length}`, ...lines.slice(0, 8)].join('\n  '))
  expect(shown, shown.join('\n')).toEqual([])
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
