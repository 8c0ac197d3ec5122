import { type WorkloadTask } from '../distribution/workload.ts'
import { TOKEN_COSTS, type TokenCosts, type Trace, TraceError } from './trace.ts'
import { mooncakeRow, TRACE_FORMATS } from './trace-formats.ts'

/** Most tasks of one trace. */
export const TRACE_TASKS_MAX = 1_000_000

/**
 * Reads a trace of any known format, which it knows by the header line: Azure LLM, Alibaba GenAI, Alibaba GPU and a plain
 * CSV with the columns `arrival_ms` and `work_ms` (and, where given, `type`, `priority`, `affinity_key`, `setup_key`,
 * `setup_ms`); Mooncake is JSON, one object a line.
 *
 * @throws TraceError that names the line
 */
export function readTrace(text: string, costs: TokenCosts = TOKEN_COSTS): Trace {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const rows = lines.flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]))
  const [first] = rows
  if (first === undefined) throw new TraceError('the trace is empty')
  if (rows.length > TRACE_TASKS_MAX + 1) throw new TraceError(`the trace has over ${TRACE_TASKS_MAX} rows`)
  if (first.line.trimStart().startsWith('{')) {
    return finished(
      'mooncake',
      rows.map(({ line, number }) => mooncakeRow(objectIn(line, number), costs, number)),
      0,
    )
  }
  const names = cellsOf(first.line).map((name) => name.trim())
  const format = TRACE_FORMATS.find(({ columns }) => columns.every((column) => names.includes(column)))
  if (format === undefined) {
    const known = TRACE_FORMATS.map(({ name, columns }) => `${name} (${columns.join(', ')})`).join('; ')
    throw new TraceError(`line ${first.number}: no known header. Known: ${known}; mooncake (JSON lines)`)
  }
  const read = format.reader(costs)
  const tasks: WorkloadTask[] = []
  let skipped = 0
  for (const { line, number } of rows.slice(1)) {
    const cells = cellsOf(line)
    if (cells.length !== names.length)
      throw new TraceError(`line ${number}: ${cells.length} cells under ${names.length} columns`)
    const task = read(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])), number)
    if (task === undefined) skipped += 1
    else tasks.push(task)
  }
  return finished(format.name, tasks, skipped)
}

function finished(format: string, tasks: readonly WorkloadTask[], skipped: number): Trace {
  if (tasks.length === 0) throw new TraceError('the trace has no usable row')
  const inOrder = tasks.toSorted((a, b) => a.arrivalMs - b.arrivalMs)
  const first = inOrder[0]?.arrivalMs ?? 0
  return { format, tasks: inOrder.map((task) => ({ ...task, arrivalMs: task.arrivalMs - first })), skipped }
}

function objectIn(line: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // Said below.
  }
  throw new TraceError(`line ${number}: not a JSON object`)
}

/** The cells of one line of CSV after RFC 4180, without line breaks inside quotes. */
function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g
  for (const [, quoted, plain] of line.matchAll(pattern))
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
  return cells
}
