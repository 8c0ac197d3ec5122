import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { EVENT_TYPE_PREFIX } from '#contract/index.ts'
import { EmergentBehavior } from '#domain/intelligence/patterns/emergent-behavior.ts'
import type { ObservableEvent } from '#domain/intelligence/patterns/event-observer.ts'
import type { Pattern } from '#domain/intelligence/patterns/pattern-tracker.ts'
import type { PatternSettings } from '#domain/model/pattern-settings.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'

/** A pattern of a file, with times as they stand on the wire. */
export type FilePattern = Omit<Pattern, 'key' | 'periodMs' | 'firstSeenAt' | 'lastSeenAt'> & {
  /** The swarm whose log it is in, as the events name it. */
  readonly source: string
  readonly firstSeenAt: string
  readonly lastSeenAt: string
}

export interface FileReport {
  /** Oldest first. */
  readonly patterns: readonly FilePattern[]
  readonly eventCount: number
  readonly gapCount: number
}

/** Swarms in one file. */
const SOURCES_MAX = 100
const PATTERNS_MAX = 100_000

interface Line {
  readonly event: ObservableEvent
  readonly source: string
}

/**
 * Runs the detectors over an exported log, line by line, in bounded memory.
 *
 * @param path of a file with one event a line; `-` is standard input
 * @throws CommandError where the file cannot be read or a line is no event
 */
export async function patternsOfFile(path: string, settings: PatternSettings): Promise<FileReport> {
  const behaviors = new Map<string, EmergentBehavior>()
  const found = new Map<string, FilePattern>()
  let eventCount = 0
  let gapCount = 0
  for await (const [text, number] of linesOf(path)) {
    const line = readLine(text, `${path}:${number}`)
    if (line === 'gap') gapCount += 1
    if (line === 'gap' || line === undefined) continue
    eventCount += 1
    const { source, event } = line
    const behavior = behaviors.get(source) ?? new EmergentBehavior(settings)
    behaviors.set(source, behavior)
    if (behaviors.size > SOURCES_MAX) throw wrong(path, `events of more than ${SOURCES_MAX} swarms`)
    for (const { pattern } of behavior.read(event)) {
      found.set(`${source} ${pattern.patternId}`, view(pattern, source))
      if (found.size > PATTERNS_MAX) throw wrong(path, `more than ${PATTERNS_MAX} patterns`)
    }
  }
  return { patterns: [...found.values()], eventCount, gapCount }
}

async function* linesOf(path: string): AsyncGenerator<readonly [string, number]> {
  const input = path === '-' ? process.stdin : createReadStream(path)
  const failed = new Promise<never>((_, reject) => input.once('error', reject))
  failed.catch(() => undefined)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  let number = 0
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed])
      if (next.done === true) return
      number += 1
      yield [next.value, number]
    }
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw wrong(path, (error as Error).message)
  }
}

/** @returns undefined for an empty line */
function readLine(text: string, place: string): Line | 'gap' | undefined {
  if (text.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw wrong(place, (error as Error).message)
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const { type, subject, sequence, time, data, source = '' } = fields
  if (type === 'gap') return 'gap'
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  const isEvent =
    typeof type === 'string' &&
    type.startsWith(EVENT_TYPE_PREFIX) &&
    typeof subject === 'string' &&
    typeof source === 'string' &&
    Number.isSafeInteger(sequence) &&
    !Number.isNaN(at) &&
    typeof data === 'object' &&
    data !== null
  if (!isEvent) throw wrong(place, 'not an event of a swarm, as amos events --jsonl writes them')
  const name = type.slice(EVENT_TYPE_PREFIX.length)
  const event = {
    type: name,
    subject,
    sequence: sequence as number,
    time: at,
    data: data as Record<string, unknown>,
  }
  return { event, source }
}

function view(
  { key: _key, periodMs: _period, firstSeenAt, lastSeenAt, ...pattern }: Pattern,
  source: string,
): FilePattern {
  const text = (at: number) => new Date(at).toISOString()
  return { ...pattern, source, firstSeenAt: text(firstSeenAt), lastSeenAt: text(lastSeenAt) }
}

function wrong(place: string, message: string): CommandError {
  return new CommandError(`${place}: ${message}`, EXIT_CODES.usage)
}
