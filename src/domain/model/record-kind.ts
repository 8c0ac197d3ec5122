import { assert } from './errors.ts'

/** How the values of a kind are written as text. */
export interface RecordCodec<V> {
  encode(value: V): string
  /** @param id of the record, from its key */
  decode(text: string, id: string): V
}

export interface RecordKindOptions<V> {
  /** {@link jsonCodec} by default. */
  readonly codec?: RecordCodec<V>
  /**
   * Whether the store keeps an index of the ids, so that the records can be listed; true by default. Kinds that are only
   * read by the id of what they belong to need none.
   */
  readonly isListed?: boolean
  /** Whether a store may keep values in memory between steps; true by default. False for large values that are read once. */
  readonly isCached?: boolean
}

/**
 * One kind of record: its name in the store, the type of its values and how they are kept.
 *
 * Declared once with {@link recordKind}, by the part that owns the records, and listed in `RECORD_KINDS`.
 */
export interface RecordKind<V = unknown> extends Required<RecordKindOptions<V>> {
  /** Names the kind in the store, for good. Lower-case letters, digits and `_`. */
  readonly name: string
}

/** Text that is JSON already and is kept letter by letter. */
export function textCodec<V extends string>(): RecordCodec<V> {
  return { encode: (value) => value, decode: (text) => text as V }
}

/** Plain JSON data. */
export function jsonCodec<V>(): RecordCodec<V> {
  return { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) as V }
}

export function recordKind<V>(
  name: string,
  { codec = jsonCodec(), isListed = true, isCached = true }: RecordKindOptions<V> = {},
): RecordKind<V> {
  return { name, codec, isListed, isCached }
}

/** All kinds of a store. A store that removes or counts everything under a scope has to know them. */
export class RecordKinds {
  readonly all: readonly RecordKind[]
  readonly #known: ReadonlySet<RecordKind>

  constructor(all: readonly RecordKind[]) {
    this.all = all
    this.#known = new Set(all)
    assert(new Set(all.map(({ name }) => name)).size === all.length, 'every kind of record has its own name')
  }

  /** Records of a kind that is not listed would outlive their swarm. */
  require(kind: RecordKind): void {
    assert(this.#known.has(kind), `the kind of record ${kind.name} is one of the store's kinds`)
  }
}
