import type { EventDraft, SwarmEvent } from '../model/events.ts'
import type { EpochMs, Scope, SwarmEpoch } from '../model/ids.ts'
import type { RecordKind } from '../model/record-kind.ts'
import type { ReadyEntry, ReadyEntryName } from './ready-queue.ts'
import type { RecordKey, RecordWrite, StoredRecord } from './records.ts'

/** What an accepted write survives: `synced` a power failure, `committed` a kill of the process, `none` neither. */
export type Durability = 'synced' | 'committed' | 'none'

/** The records found under `K`, place by place; undefined where there is none. */
export type RecordsOf<Keys extends readonly RecordKey[]> = {
  readonly [I in keyof Keys]: Keys[I] extends RecordKey<infer V> ? StoredRecord<V> | undefined : never
}

/** Everything that changes together. */
export interface Step<T> {
  readonly writes: readonly RecordWrite[]
  readonly events: readonly EventDraft[]
  /** Outbox: handed to the ready queue after the commit, at least once. */
  readonly ready: readonly ReadyEntry[]
  /** Entries that the step makes void: what of them is still in the outbox leaves it with the step. */
  readonly settled?: readonly ReadyEntryName[]
  readonly result: T
}

export interface StepRequest<Keys extends readonly RecordKey[], T> {
  readonly scope: Scope
  /** The writer's coordinatorship. Left out for a tenant's own scope, which any node may write. */
  readonly epoch?: SwarmEpoch
  /** One of many that come in herds: where steps have to wait, it may be overtaken by others that are asked for later. */
  readonly isBulk?: boolean
  /** Read before `decide`, and unchanged until the commit. At most 1 100. */
  readonly keys: Keys
  /** Pure: it may run more than once. What it throws rejects the step, and nothing changes. */
  decide(records: RecordsOf<Keys>): Step<T>
}

export interface Committed<T> {
  readonly result: T
  readonly events: readonly SwarmEvent[]
}

export interface ListRequest<V> {
  readonly scope: Scope
  /** One whose records are listed; see `RecordKindOptions`. */
  readonly kind: RecordKind<V>
  /** Only ids that begin with it. */
  readonly prefix?: string
  /** Exclusive start. */
  readonly after?: string
  readonly countMax: number
  readonly openOnly?: boolean
  readonly isDescending?: boolean
  /**
   * Called for each damaged record within the page. Where it was called for a list of open records, some that stand
   * before it may have been left out: the same list read again from its beginning has them.
   */
  readonly onDamaged?: (id: string) => void
}

/** A list by time; see `timeOf` of the kind. */
export interface TimedListRequest<V> {
  readonly scope: Scope
  /** One with an index by time. */
  readonly kind: RecordKind<V>
  /** The newest time that is listed. */
  readonly upTo: EpochMs
  /** Exclusive start: where the last record of the page before stands. */
  readonly after?: { readonly time: EpochMs; readonly id: string }
  readonly countMax: number
  /** Called for each damaged record within the page. */
  readonly onDamaged?: (id: string) => void
}

export interface EventPage {
  readonly events: readonly SwarmEvent[]
  /** The oldest sequence number still kept, or the next to be given where the log is empty. */
  readonly firstSequence: number
  /** The newest given; 0 before the first. */
  readonly lastSequence: number
  /** How many events are kept; left out where the adapter does not know, and no number between the first and last is missing. */
  readonly keptCount?: number
  /**
   * Numbers above `after` whose events were kept and cannot be read any more, in order; left out where there are none.
   * They count as looked at, like those in `events`.
   */
  readonly damaged?: readonly SequenceRange[]
}

/** Both ends belong to it. */
export interface SequenceRange {
  readonly fromSequence: number
  readonly toSequence: number
}

/** A store that is not what it was: nothing is read from it or written to it until an operator accepts the loss. */
export interface StoreLoss {
  readonly reason: 'emptied' | 'replaced' | 'rolled_back' | 'keys_missing'
  readonly lostStoreId: string
  readonly detectedAt: EpochMs
}

export interface StoreStatus {
  readonly isWritable: boolean
  /** Why not, where it is not. */
  readonly reason?: string
  readonly durability: Durability
  /** False where nothing that is read can be trusted, and every read is refused; left out where reads are answered. */
  readonly isReadable?: boolean
  /** Records and events found damaged since the start; left out where there are none. */
  readonly damagedCount?: number
  /** Left out where the store is whole. */
  readonly loss?: StoreLoss
  /** Since the start; left out where the adapter does not count. */
  readonly written?: WrittenCounts
}

/** How much a store has written: steps per commit is the size of its batches. */
export interface WrittenCounts {
  /** Steps that changed something. */
  readonly steps: number
  /** Transactions, or scripts, that wrote them. */
  readonly commits: number
}

/**
 * The durable truth of all swarms: records, one event log a scope, and an outbox to the ready queue.
 *
 * - A step is atomic: all of its writes, events and outbox entries, or none, also across a kill.
 * - Steps of one scope are serialised: what `decide` saw still holds when the step commits.
 * - A step or a drop whose `epoch` is not the scope's newest is refused with `not_coordinator` and changes nothing.
 * - `transact` resolves only when the step has the durability that `status()` names; a reader never sees an event
 *   or record that could still be lost below that durability.
 * - Events of one scope get contiguous sequence numbers in commit order.
 * - A record or event whose checksum does not match is never given out: `transact`, `get` and `getMany` reject with
 *   `record_damaged`, `list` and `listByTime` leave the record out without ending its page early, `readEvents` names the number.
 * - Where the store has lost what it had (it was emptied, replaced or set back), all of it rejects with `store_unavailable`
 *   until an operator accepts the loss. Only `readEvents` goes on, so that readers are told what is gone.
 * - A failure of the medium rejects with `store_unavailable`; the step may then have happened or not, and every
 *   caller must be able to repeat it.
 *
 * Every adapter must pass `test/contract/swarm-store.contract.ts`.
 */
export interface SwarmStore {
  /** @throws whatever `decide` threw; `not_coordinator`; `record_damaged`; `store_unavailable` */
  transact<const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>): Promise<Committed<T>>
  get<V>(scope: Scope, key: RecordKey<V>): Promise<StoredRecord<V> | undefined>
  /** Place by place as the keys; undefined where there is none. */
  getMany<V>(scope: Scope, keys: readonly RecordKey<V>[]): Promise<readonly (StoredRecord<V> | undefined)[]>
  /** In the order of the ids. */
  list<V>(request: ListRequest<V>): Promise<readonly StoredRecord<V>[]>
  /** By time, oldest first, then by id. */
  listByTime<V>(request: TimedListRequest<V>): Promise<readonly StoredRecord<V>[]>
  /** How many records of the kind there are. */
  count(scope: Scope, kind: RecordKind): Promise<number>
  /** Events with a sequence number above `after`, oldest first. */
  readEvents(scope: Scope, after: number, countMax: number): Promise<EventPage>
  /** Drops the events up to and including `sequence`. */
  trimEvents(scope: Scope, sequence: number): Promise<void>
  /**
   * Removes all that is filed under the scope, except what keeps its epochs and sequence numbers from being given
   * again. Not atomic, and to be repeated where it fails. What is written beside it may stay.
   *
   * @throws `not_coordinator`, `store_unavailable`
   */
  drop(scope: Scope, epoch: SwarmEpoch): Promise<void>
  status(): StoreStatus
}
