import type { WorkloadTask } from '../distribution/workload.ts'
import { numberIn, type RowReader, type TokenCosts, timeIn } from './trace.ts'

export interface TraceFormat {
  readonly name: string
  /** The columns by which the format is known. */
  readonly columns: readonly string[]
  reader(costs: TokenCosts): RowReader
}

/** The formats with a header line, the most specific first. Times in the traces are seconds unless a name says otherwise. */
export const TRACE_FORMATS: readonly TraceFormat[] = [
  {
    name: 'azure-llm',
    columns: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
    reader: (costs) => (row, line) => ({
      arrivalMs: timeIn(row, 'TIMESTAMP', line),
      workMs: tokenMs(costs, numberIn(row, 'ContextTokens', line), numberIn(row, 'GeneratedTokens', line)),
      type: 'llm',
    }),
  },
  {
    name: 'alibaba-genai',
    columns: ['gmt_create', 'predict_type', 'predict_status', 'exec_time_seconds'],
    reader: () => (row, line) => {
      if (row['predict_status'] !== 'SUCCEED' || row['exec_time_seconds'] === '') return undefined
      const model = row['checkpoint_model_version_id']
      return {
        arrivalMs: timeIn(row, 'gmt_create', line),
        workMs: numberIn(row, 'exec_time_seconds', line) * 1_000,
        type: typeName(row['predict_type']),
        ...(model === undefined || model === '' ? {} : { affinityKey: model }),
      }
    },
  },
  {
    name: 'alibaba-gpu',
    columns: ['num_gpu', 'qos', 'creation_time', 'deletion_time', 'scheduled_time'],
    reader: () => (row, line) => {
      if (row['deletion_time'] === '' || row['scheduled_time'] === '') return undefined
      const ms = numberIn(row, 'deletion_time', line) - numberIn(row, 'scheduled_time', line)
      if (ms < 0) return undefined
      return {
        arrivalMs: numberIn(row, 'creation_time', line) * 1_000,
        workMs: ms * 1_000,
        type: typeName(row['qos']),
      }
    },
  },
  { name: 'plain', columns: ['arrival_ms', 'work_ms'], reader: () => plainRow },
]

/** One line of the Mooncake trace. */
export function mooncakeRow(
  row: Readonly<Record<string, unknown>>,
  costs: TokenCosts,
  line: number,
): WorkloadTask {
  const fields = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]))
  const [prefix] = Array.isArray(row['hash_ids']) ? (row['hash_ids'] as readonly unknown[]) : []
  return {
    arrivalMs: numberIn(fields, 'timestamp', line),
    workMs: tokenMs(costs, numberIn(fields, 'input_length', line), numberIn(fields, 'output_length', line)),
    type: 'llm',
    ...(typeof prefix === 'number' ? { affinityKey: `prefix-${prefix}` } : {}),
  }
}

function plainRow(row: Readonly<Record<string, string>>, line: number): WorkloadTask {
  const { type, affinity_key: affinityKey, setup_key: setupKey } = row
  return {
    arrivalMs: numberIn(row, 'arrival_ms', line),
    workMs: numberIn(row, 'work_ms', line),
    type: typeName(type),
    ...(isGiven(affinityKey) ? { affinityKey } : {}),
    ...(isGiven(setupKey) ? { setupKey, setupMs: numberIn(row, 'setup_ms', line) } : {}),
    ...(isGiven(row['priority'])
      ? { priority: Math.min(5, Math.round(numberIn(row, 'priority', line, 1))) }
      : {}),
  }
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

function tokenMs({ fixedS, inputTokenS, outputTokenS }: TokenCosts, input: number, output: number): number {
  return (fixedS + inputTokenS * input + outputTokenS * output) * 1_000
}

/** A name that the server takes as a task type. */
function typeName(text: string | undefined): string {
  const name = (text ?? '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  return name === '' ? 'task' : name.slice(0, 63)
}
