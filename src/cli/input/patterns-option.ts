import type { Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { InvalidArgumentError } from 'commander'
import { PatternSettingsPatch } from '#contract/patterns.ts'

export type PatternSettingsInput = Static<typeof PatternSettingsPatch>

/** Settings of detectors as JSON. Wrong ones end with exit code 2. */
export function patternsFrom(text: string): PatternSettingsInput {
  const value = parsed(text)
  if (Value.Check(PatternSettingsPatch, value)) return value
  const wrong = Value.Errors(PatternSettingsPatch, value).First()
  throw new InvalidArgumentError(
    `Expected settings of detectors as JSON${wrong ? `: ${wrong.path} ${wrong.message}` : ''}.`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
