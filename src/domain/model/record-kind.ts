import { assert } from './errors.ts'
import type { EpochMs } from './ids.ts'

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
  /**
   * The time under which a record stands in the kind's index by time, for instance when it expires: an integer of 0 or
   * more. Undefined leaves the record out. Must depend on the value alone. No such index by default; a kind of which
   * there are records cannot be given one later.
   */
  timeOf?(value: V): EpochMs | undefined
}

/**
 * One kind of record: its name in the store, the type of its values and how they are kept.
 *
 * Declared once with {@link recordKind}, by the part that owns the records, and listed in `RECORD_KINDS`.
 */
export interface RecordKind<V = unknown>
  extends Required<Omit<RecordKindOptions<V>, 'timeOf'>>,
    Pick<RecordKindOptions<V>, 'timeOf'> {
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
  { codec = jsonCodec(), isListed = true, isCached = true, timeOf }: RecordKindOptions<V> = {},
): RecordKind<V> {
  return { name, codec, isListed, isCached, ...(timeOf === undefined ? {} : { timeOf }) }
}

/** Where a value stands in its kind's index by time; undefined where it does not. @throws where that is no time */
export function timeIn<V>(kind: RecordKind<V>, value: V | undefined): EpochMs | undefined {
  const time = value === undefined ? undefined : kind.timeOf?.(value)
  assert(
    time === undefined || (Number.isSafeInteger(time) && time >= 0),
    `a record's time is an integer: ${time}`,
  )
  return time
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
