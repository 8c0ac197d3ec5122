import type { EpochMs, SwarmEpoch } from '../model/ids.ts'
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

/** What a step adds to the event log; the store numbers it. */
export interface EventDraft {
  /** Without the `amos.` that the wire puts before it, for instance `task.completed`. */
  readonly type: string
  /** The id of the task, agent or swarm it is about. */
  readonly subject: string
  readonly time: EpochMs
  readonly data: Readonly<Record<string, unknown>>
}

export interface SwarmEvent extends EventDraft {
  /** Contiguous within one epoch of the swarm, and strictly increasing over all. */
  readonly sequence: number
  /** The coordinatorship that wrote it. (epoch, sequence) never names two events, whatever was lost. */
  readonly epoch: SwarmEpoch
}
