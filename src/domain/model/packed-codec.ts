import type { RecordCodec } from './record-kind.ts'

/** How one field is written: as it is, as a time after the record's own, or packed by a shape of its own. */
type Field = 'plain' | 'time' | Shape | readonly [Shape]

/** The fields of an object, in the order in which their values are written. New fields come last. */
export interface Shape {
  readonly entries: readonly (readonly [name: string, field: Field])[]
}

/** A field that is missing here does not compile: it would be lost. */
export function shape<T>(fields: { readonly [K in keyof Required<T>]: Field }): Shape {
  return { entries: Object.entries<Field>(fields) }
}

export interface Packing<V> {
  /** Of all fields but the two below. */
  readonly shape: Shape
  /** The field that names the record; it stands in the record's key already. */
  readonly id?: keyof V & string
  /** The field whose time the others are counted from. */
  readonly time: keyof V & string
}

type Values = Readonly<Record<string, unknown>>

/**
 * Writes a record without the names of its fields, as a JSON array: for kinds of which there is one for each task,
 * finished ones included. Reads JSON objects too.
 */
export function packedCodec<V extends object>({ shape, id, time }: Packing<V>): RecordCodec<V> {
  return {
    encode: (value) => {
      const values = value as Values
      const base = values[time] as number
      return JSON.stringify([base, ...pack(shape, values, base)])
    },
    decode: (text, itsId) => {
      const parsed: unknown = JSON.parse(text)
      // Records were objects before they were packed.
      if (!Array.isArray(parsed)) return parsed as V
      const [base, ...packed] = parsed as [number, ...unknown[]]
      const name = id === undefined ? {} : { [id]: itsId }
      return { ...name, [time]: base, ...unpack(shape, packed, base) } as V
    },
  }
}

function pack({ entries }: Shape, values: Values, base: number): unknown[] {
  const packed: unknown[] = []
  let length = 0
  for (const [name, field] of entries) {
    const value = values[name]
    packed.push(value === undefined ? null : packField(field, value, base))
    if (value !== undefined) length = packed.length
  }
  packed.length = length
  return packed
}

function packField(field: Field, value: unknown, base: number): unknown {
  if (field === 'plain') return value
  if (field === 'time') return (value as number) - base
  if (isList(field)) return (value as readonly Values[]).map((item) => pack(field[0], item, base))
  return pack(field, value as Values, base)
}

function unpack({ entries }: Shape, packed: readonly unknown[], base: number): Values {
  const values: Record<string, unknown> = {}
  for (const [index, [name, field]] of entries.entries()) {
    const value = packed[index]
    if (value !== undefined && value !== null) values[name] = unpackField(field, value, base)
  }
  return values
}

function unpackField(field: Field, value: unknown, base: number): unknown {
  if (field === 'plain') return value
  if (field === 'time') return (value as number) + base
  if (isList(field)) return (value as readonly unknown[][]).map((item) => unpack(field[0], item, base))
  return unpack(field, value as readonly unknown[], base)
}

const isList = (field: Exclude<Field, string>): field is readonly [Shape] => Array.isArray(field)
