import { formatNumber, renderTable } from './table.ts'

/**
 * A question with planted or real data and a seed: does a mechanism have its effect, and is the effect gone when the
 * mechanism is off? Unlike a {@link Scenario} it measures no time, so that contenders need not take turns.
 */
export interface Protocol {
  /** What `--only` takes. */
  readonly name: string
  readonly title: string
  /** Why it cannot run on this machine, for instance because its data is not there; undefined when it can. */
  absence(): string | undefined
  measure(request: ProtocolRequest): Promise<readonly ProtocolRow[]>
}

export interface ProtocolRequest {
  /** At least three in a full run. */
  readonly seeds: readonly number[]
  /** True where a first look is enough: shorter runs, whose bars may be missed. */
  readonly isQuick: boolean
  readonly onProgress: (step: string) => void
}

/** One row of the closing table. */
export interface ProtocolRow {
  /** What was measured, with its unit. */
  readonly what: string
  /** One value a seed. */
  readonly figures: readonly number[]
  /** Absent where the figure is only reported. */
  readonly bar?: Limit
  /** With the mechanism off; its bar says how much must be gone. */
  readonly ablation?: { readonly what: string; readonly figures: readonly number[]; readonly bar?: Limit }
}

/** What a figure is held against: the mean over the seeds, or each seed. */
export interface Limit {
  readonly is: 'at least' | 'at most'
  readonly limit: number
  readonly of?: 'mean' | 'each seed'
}

export type ProtocolResult =
  | { readonly protocol: Protocol; readonly status: 'measured'; readonly rows: readonly ProtocolRow[] }
  | { readonly protocol: Protocol; readonly status: 'absent' | 'failed'; readonly reason: string }

export async function runProtocol(protocol: Protocol, request: ProtocolRequest): Promise<ProtocolResult> {
  const absence = protocol.absence()
  if (absence !== undefined) return { protocol, status: 'absent', reason: absence }
  try {
    return { protocol, status: 'measured', rows: await protocol.measure(request) }
  } catch (error) {
    return {
      protocol,
      status: 'failed',
      reason: error instanceof Error ? (error.stack ?? '') : String(error),
    }
  }
}

/** For a terminal: title and table. */
export function renderProtocol(result: ProtocolResult): string {
  const { title } = result.protocol
  if (result.status !== 'measured') return `${title}\n  ${result.status}: ${result.reason}`
  const columns = [
    { title: '', align: 'left' },
    { title: 'figure', align: 'right' },
    { title: 'min…max', align: 'right' },
    { title: 'bar', align: 'left' },
    { title: 'ablation', align: 'left' },
    { title: 'figure', align: 'right' },
    { title: 'bar', align: 'left' },
  ] as const
  return `${title}\n${renderTable(columns, result.rows.map(cells))}`
}

/** For scripts. */
export function protocolToJson(result: ProtocolResult): unknown {
  const { name, title } = result.protocol
  if (result.status !== 'measured') return { name, title, status: result.status, reason: result.reason }
  const rows = result.rows.map((row) => ({
    ...row,
    mean: meanOf(row.figures),
    ...(row.bar === undefined ? {} : { isMet: isMet(row.figures, row.bar) }),
  }))
  return { name, title, status: result.status, rows }
}

/** False for a figure that is not a number. */
export function isMet(figures: readonly number[], { is, limit, of = 'mean' }: Limit): boolean {
  const values = of === 'mean' ? [meanOf(figures)] : figures
  return values.length > 0 && values.every((value) => (is === 'at least' ? value >= limit : value <= limit))
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function cells({ what, figures, bar, ablation }: ProtocolRow): string[] {
  return [
    what,
    formatNumber(meanOf(figures)),
    `${formatNumber(Math.min(...figures))}…${formatNumber(Math.max(...figures))}`,
    renderLimit(figures, bar),
    ablation?.what ?? '',
    ablation === undefined ? '' : formatNumber(meanOf(ablation.figures)),
    ablation === undefined ? '' : renderLimit(ablation.figures, ablation.bar),
  ]
}

function renderLimit(figures: readonly number[], bar: Limit | undefined): string {
  if (bar === undefined) return ''
  const sign = bar.is === 'at least' ? '≥' : '≤'
  const scope = bar.of === 'each seed' ? ' each' : ''
  return `${sign} ${formatNumber(bar.limit)}${scope}: ${isMet(figures, bar) ? 'met' : 'missed'}`
}
