import { Value } from '@sinclair/typebox/value'
import { InvalidArgumentError } from 'commander'
import type { StrategyInput } from '#contract/index.ts'
import { StrategyInput as Schema } from '#contract/strategy.ts'

/** A strategy by its name alone, with default settings, or as JSON. A wrong one ends with exit code 2. */
export function strategyFrom(text: string): StrategyInput {
  const value: unknown = text.trimStart().startsWith('{') ? parsed(text) : { kind: text }
  if (Value.Check(Schema, value)) return value
  const kinds = Schema.anyOf.map((option) => option.properties.kind.const)
  throw new InvalidArgumentError(`Expected one of ${kinds.join(', ')}, or its settings as JSON.`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
