import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { StrategyInput } from '#contract/index.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { asBatch, atLoad, type WorkloadTask } from '#simulation/distribution/workload.ts'
import { readTrace } from '#simulation/traces/read-trace.ts'
import { TraceError } from '#simulation/traces/trace.ts'
import { wholeNumber } from '../server-options.ts'
import { strategyFrom } from './strategy-option.ts'

export interface TraceOptions {
  readonly agents?: number
  readonly speeds: readonly number[]
  readonly strategy: StrategyInput
  readonly load?: number
  readonly batch?: boolean
  readonly limit?: number
}

/** Speeds of the ten agents of the comparison in `docs/strategies.md`. */
const SPEEDS = [0.5, 0.5, 0.75, 0.75, 1, 1, 1, 1.25, 1.25, 2]
const AGENTS_MAX = 1_000
const TRACE_BYTES_MAX = 256 * 1024 * 1024

/** The options that `amos simulate` and `amos replay` share. */
export function withTraceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--strategy <kind|json>', 'how tasks are given to agents: its name, or its settings as JSON')
        .argParser(strategyFrom)
        .default({ kind: 'least_loaded' }, 'least_loaded'),
    )
    .option('--agents <count>', 'that many agents of speed 1', wholeNumber(1, AGENTS_MAX))
    .addOption(
      new Option('--speeds <list>', 'one agent for each speed, separated by commas')
        .argParser(speedsFrom)
        .default(SPEEDS, SPEEDS.join(',')),
    )
    .option(
      '--load <ratio>',
      'stretch the arrivals so that the agents are busy for this share of time',
      ratioFrom,
    )
    .option('--batch', 'all tasks arrive at once')
    .option('--limit <count>', 'the first tasks of the trace only', wholeNumber(1, 1_000_000))
}

export function speedsOf({ agents, speeds }: TraceOptions): readonly number[] {
  return agents === undefined ? speeds : Array.from({ length: agents }, () => 1)
}

/** The workload that a trace file and the options describe. @throws CommandError where the file cannot be read */
export async function readWorkload(path: string, options: TraceOptions): Promise<readonly WorkloadTask[]> {
  const { load, batch = false, limit = Number.POSITIVE_INFINITY } = options
  try {
    const bytes = await readFile(path)
    const text = path.endsWith('.gz')
      ? await promisify(gunzip)(bytes, { maxOutputLength: TRACE_BYTES_MAX })
      : bytes
    const tasks = readTrace(text.toString('utf8')).tasks.slice(0, limit)
    if (batch) return asBatch(tasks)
    const capacity = speedsOf(options).reduce((sum, speed) => sum + speed, 0)
    return load === undefined ? tasks : atLoad(tasks, load, capacity)
  } catch (error) {
    const isOurs = error instanceof TraceError || (error as NodeJS.ErrnoException).code !== undefined
    if (!isOurs) throw error
    throw new CommandError(`${path}: ${(error as Error).message}`, EXIT_CODES.usage)
  }
}

function speedsFrom(text: string): readonly number[] {
  const speeds = text.split(',').map(Number)
  const areFine = speeds.length <= AGENTS_MAX && speeds.every((speed) => speed > 0 && speed <= 1_000)
  if (areFine) return speeds
  throw new InvalidArgumentError(`Expected up to ${AGENTS_MAX} numbers over 0, separated by commas.`)
}

function ratioFrom(text: string): number {
  const ratio = Number(text)
  if (ratio > 0 && ratio <= 10) return ratio
  throw new InvalidArgumentError('Expected a number over 0, at most 10.')
}
