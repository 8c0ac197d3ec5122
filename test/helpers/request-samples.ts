import type { TSchema } from '@sinclair/typebox'

interface Shape extends TSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly pattern?: string
  readonly minItems?: number
  readonly minimum?: number
}

/** Where a number stands in a body: the names on the way to it, `0` for the first of a list. */
export type NumberPath = readonly string[]

const DEPTH_MAX = 4

/** The least that fits a schema of the contract. */
export function sampleOf(schema: TSchema): unknown {
  const shape = schema as Shape
  if (shape.default !== undefined) return shape.default
  if (shape['const'] !== undefined) return shape['const']
  if (Array.isArray(shape['enum'])) return (shape['enum'] as unknown[])[0]
  if (shape.anyOf !== undefined) return sampleOf(shape.anyOf[0] as TSchema)
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        (shape.required ?? []).map((name) => [name, sampleOf(shape.properties?.[name] as TSchema)]),
      )
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => sampleOf(shape.items as TSchema))
    case 'integer':
    case 'number':
      return shape.minimum ?? 1
    case 'boolean':
      return false
    case 'string':
      return shape['format'] === 'date-time' ? '2099-01-01T00:00:00Z' : 'a1'
    default:
      return null
  }
}

/** Every place of a number in what fits the schema. */
export function numberPaths(schema: TSchema, path: NumberPath = []): readonly NumberPath[] {
  const shape = schema as Shape
  if (path.length > DEPTH_MAX) return []
  if (shape.type === 'integer' || shape.type === 'number') return [path]
  const inside = Object.entries(shape.properties ?? {}).flatMap(([name, part]) =>
    numberPaths(part, [...path, name]),
  )
  const item = shape.items === undefined ? [] : numberPaths(shape.items, [...path, '0'])
  const variants = (shape.anyOf ?? []).flatMap((part) => numberPaths(part, path))
  return [...inside, ...item, ...variants]
}

/** The JSON of a sample with a number written as the caller says, which may be no number at all. */
export function sampleWithNumber(schema: TSchema, path: NumberPath, number: string): string {
  const marker = '@number@'
  const body = placed(schema, sampleOf(schema), path, marker)
  return JSON.stringify(body).replace(JSON.stringify(marker), () => number)
}

function placed(schema: TSchema, sample: unknown, [name, ...rest]: NumberPath, marker: string): unknown {
  if (name === undefined) return marker
  const shape = variantWith(schema, name)
  const base = shape === schema ? sample : sampleOf(shape)
  if (shape.items !== undefined)
    return [placed(shape.items, (base as unknown[])[0] ?? sampleOf(shape.items), rest, marker)]
  const part = shape.properties?.[name] as Shape
  const fields = (base ?? {}) as Record<string, unknown>
  return { ...fields, [name]: placed(part, fields[name] ?? sampleOf(part), rest, marker) }
}

function variantWith(shape: Shape, name: string): Shape {
  const fits = (part: Shape): boolean =>
    part.properties?.[name] !== undefined || (part.items !== undefined && name === '0')
  return fits(shape) ? shape : ((shape.anyOf ?? []).find(fits) ?? shape)
}
