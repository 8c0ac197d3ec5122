import {
  PATTERN_KINDS,
  type PatternKind,
  type PatternSettings,
  patternSettings,
} from '#domain/model/pattern-settings.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'

/** Settings of the detectors from texts like `herding=120`. @throws CommandError for a wrong one */
export function detectorWindow(texts: readonly string[]): PatternSettings {
  const given = texts.map((text) => {
    const [, name = '', length = ''] = /^([a-z_]+)=(\d{1,9})$/.exec(text) ?? []
    const kind = PATTERN_KINDS.find((candidate) => candidate === name)
    if (kind === undefined)
      throw wrong(`${text} is not like herding=120, with one of ${PATTERN_KINDS.join(', ')}`)
    return [kind, { window: Number(length) }] as const
  })
  try {
    return patternSettings(Object.fromEntries(given) as { [K in PatternKind]?: { window: number } })
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

function wrong(message: string): CommandError {
  return new CommandError(`--window: ${message}`, EXIT_CODES.usage)
}
