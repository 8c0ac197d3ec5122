import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { InvalidArgumentError, Option } from 'commander'

/** An option that takes one of the texts of an enumeration of the contract; help lists them. */
export function choiceOption(flags: string, description: string, schema: TSchema): Option {
  return new Option(flags, description).choices(choicesOf(schema))
}

/** The texts of an enumeration of the contract. */
export function choicesOf(schema: TSchema): readonly string[] {
  return (schema as TSchema & { readonly enum: readonly string[] }).enum
}

/** Parses an option or argument that must fit a schema of the contract, so that a wrong one ends with exit code 2. */
export function fitting(schema: TSchema, expected: string): (text: string) => string {
  return (text) => {
    if (Value.Check(schema, text)) return text
    throw new InvalidArgumentError(`Expected ${expected}.`)
  }
}
