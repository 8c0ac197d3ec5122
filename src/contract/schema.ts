import {
  FormatRegistry,
  Kind,
  type ObjectOptions,
  type TArray,
  type TObject,
  type TProperties,
  type TRecord,
  type TSchema,
  type TString,
  type TUnsafe,
  Type,
  TypeRegistry,
} from '@sinclair/typebox'
import { readTime } from './read-time.ts'
import { isAtMostLong } from './text.ts'

const TEXT_ENUM = 'AmosTextEnum'
const TEXT = 'AmosText'

// Registered so that TypeBox's own compiler, which checks frames, knows both; Ajv, which checks HTTP, has them built in.
TypeRegistry.Set<{ enum: readonly string[] }>(TEXT_ENUM, (schema, value) =>
  schema.enum.includes(value as string),
)
TypeRegistry.Set<{ maxLength: number }>(
  TEXT,
  (schema, value) => typeof value === 'string' && isAtMostLong(value, schema.maxLength),
)
FormatRegistry.Set('date-time', (value) => readTime(value) !== undefined)

/** An object that takes no other fields than the named ones. */
export function closedObject<P extends TProperties>(properties: P, options: ObjectOptions = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

/** One of the given texts, written as `enum`: a union of constants answers a wrong one with an error for each. */
export function textEnum<const T extends readonly string[]>(
  values: T,
  options: { readonly description: string; readonly default?: T[number] },
): TUnsafe<T[number]> {
  return Type.Unsafe<T[number]>({ ...options, [Kind]: TEXT_ENUM, type: 'string', enum: [...values] })
}

/**
 * Free text. JSON Schema counts code points, as Ajv does; TypeBox's own compiler counts UTF-16 units, and would refuse
 * in a frame what HTTP takes.
 */
export function freeText(options: {
  readonly description: string
  readonly maxLength: number
  readonly default?: string
}): TUnsafe<string> {
  return Type.Unsafe<string>({ ...options, [Kind]: TEXT, type: 'string' })
}

/** An object whose names are not known in advance: `names` says what they may look like. */
export function namedValues<V extends TSchema>(
  names: string,
  value: V,
  options: { readonly description: string; readonly maxProperties: number },
): TRecord<TString, V> {
  return Type.Record(Type.String({ pattern: names }), value, {
    ...options,
    additionalProperties: false,
  })
}

/** A list without repetition. */
export function distinct<V extends TSchema>(
  items: V,
  options: { readonly description: string; readonly maxItems: number; readonly default?: readonly unknown[] },
): TArray<V> {
  return Type.Array(items, { uniqueItems: true, ...options })
}

/** The same schema, said differently where it is used. */
export function annotate<S extends TSchema>(
  schema: S,
  annotation: { readonly description?: string; readonly default?: unknown; readonly maxProperties?: number },
): S {
  return { ...schema, ...annotation }
}
