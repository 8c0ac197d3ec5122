import type { RecordKind } from '../model/record-kind.ts'

/** Names one record. All values are plain JSON data. */
export interface RecordKey<V = unknown> {
  readonly kind: RecordKind<V>
  /** 1 to 511 printable ASCII characters without `/`. */
  readonly id: string
  /** There is most probably no such record: a store may leave it to the commit to find out. */
  readonly isNew?: boolean
}

/** One record as it stands. */
export interface StoredRecord<V = unknown> {
  readonly key: RecordKey<V>
  /** 1 at first, one more with every write. */
  readonly version: number
  readonly value: V
}

/** One change: a new value, or a removal where `value` is undefined. */
export interface RecordWrite<V = unknown> {
  readonly key: RecordKey<V>
  readonly value: V | undefined
  /** Whether the record stands in its kind's index of open records, which `list` can be narrowed to. */
  readonly isOpen: boolean
}

export function put<V>(
  kind: RecordKind<V>,
  id: string,
  value: NoInfer<V>,
  { isOpen = false }: { isOpen?: boolean } = {},
): RecordWrite<V> {
  return { key: { kind, id }, value, isOpen }
}

export function remove<V>(kind: RecordKind<V>, id: string): RecordWrite<V> {
  return { key: { kind, id }, value: undefined, isOpen: false }
}
