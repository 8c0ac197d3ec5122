import type { WorkloadTask } from '../distribution/workload.ts'

/** Seconds of work of a request to a language model. */
export interface TokenCosts {
  readonly fixedS: number
  readonly inputTokenS: number
  readonly outputTokenS: number
}

export const TOKEN_COSTS: TokenCosts = { fixedS: 0.05, inputTokenS: 0.000_12, outputTokenS: 0.035 }

export interface Trace {
  readonly format: string
  /** In order of arrival; the first one arrives at 0. */
  readonly tasks: readonly WorkloadTask[]
  /** Rows without a usable duration, such as requests that failed. */
  readonly skipped: number
}

/** The trace cannot be read; the message names the line. */
export class TraceError extends Error {
  override readonly name = 'TraceError'
}

/** One row of a trace as a task, its arrival on the clock of the trace; undefined where the row is to be skipped. */
export type RowReader = (row: Readonly<Record<string, string>>, line: number) => WorkloadTask | undefined

/** @throws TraceError where the field is missing or is no finite number of at least `min` */
export function numberIn(row: Readonly<Record<string, string>>, name: string, line: number, min = 0): number {
  const text = row[name]?.trim() ?? ''
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= min) return value
  throw new TraceError(
    `line ${line}: ${name} is ${JSON.stringify(text.slice(0, 40))}, not a number of at least ${min}`,
  )
}

/** Reads `2023-11-16 18:17:03.9799600` and the like as UTC, to the fraction of a millisecond. */
export function timeIn(row: Readonly<Record<string, string>>, name: string, line: number): number {
  const text = row[name]?.trim() ?? ''
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|[+]00:?00)?$/.exec(text)
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`)
  if (Number.isFinite(at)) return at + Number(match?.[3] ?? 0) * 1_000
  throw new TraceError(`line ${line}: ${name} is ${JSON.stringify(text.slice(0, 40))}, not a time`)
}
