import type { TSchema } from '@sinclair/typebox'

/** Where a value misses a union: at a pointer below the value, or inside the one option that was meant. */
export type UnionMismatch =
  | { readonly pointer: string; readonly detail: string }
  | { readonly optionIndex: number }

/**
 * Explains why a value is none of the options of a union (`anyOf`), in a way that names the allowed values. The
 * errors of the single options would say of each option why the value is something else.
 */
export function unionMismatch(options: readonly TSchema[], value: unknown): UnionMismatch {
  const name = discriminatorOf(options)
  if (name !== undefined && isRecord(value)) {
    const allowed = options.map((option) => constantOf(propertyOf(option, name)))
    const optionIndex = allowed.indexOf(value[name])
    if (optionIndex !== -1) return { optionIndex }
    return { pointer: `/${name}`, detail: oneOf(allowed) }
  }
  const optionIndex = options.findIndex((option) => hasType(option, value))
  if (optionIndex !== -1) return { optionIndex }
  const constants = options.map(constantOf)
  if (!constants.includes(undefined)) return { pointer: '', detail: oneOf(constants) }
  const types = [...new Set(options.map(({ type }) => String(type)))]
  return { pointer: '', detail: `must be ${types.join(' or ')}` }
}

/** `must be one of red, green` */
export function oneOf(allowed: readonly unknown[]): string {
  const texts = allowed.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  return texts.length === 1 ? `must be ${texts[0]}` : `must be one of ${texts.join(', ')}`
}

/** The property that is a different constant in each option. */
function discriminatorOf([first, ...others]: readonly TSchema[]): string | undefined {
  return Object.keys(propertiesOf(first)).find((name) =>
    [first, ...others].every(
      (option) => option !== undefined && constantOf(propertyOf(option, name)) !== undefined,
    ),
  )
}

function propertiesOf(option: TSchema | undefined): Readonly<Record<string, TSchema>> {
  return (option as { readonly properties?: Record<string, TSchema> } | undefined)?.properties ?? {}
}

function propertyOf(option: TSchema, name: string): TSchema | undefined {
  return propertiesOf(option)[name]
}

function constantOf(schema: TSchema | undefined): unknown {
  return (schema as { readonly const?: unknown } | undefined)?.const
}

function hasType({ type, const: constant }: TSchema & { readonly const?: unknown }, value: unknown): boolean {
  if (constant !== undefined) return false
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof value === type
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
