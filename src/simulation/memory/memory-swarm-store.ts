import { SwarmError } from '#domain/model/errors.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { type Scope, type SwarmEpoch, swarmEpoch } from '#domain/model/ids.ts'
import { type RecordKind, timeIn } from '#domain/model/record-kind.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey, RecordWrite, StoredRecord } from '#domain/ports/records.ts'
import type {
  Committed,
  Durability,
  EventPage,
  ListRequest,
  RecordsOf,
  Step,
  StepRequest,
  StoreStatus,
  SwarmStore,
  TimedListRequest,
} from '#domain/ports/swarm-store.ts'
import type { KeptRecord, KeptScope, MemoryMedium } from './memory-medium.ts'

/**
 * What happens to one step. `before_commit`: it is refused and nothing changes. `after_commit`: it is refused, yet
 * everything changes. `delayMs` holds up the step and all behind it, as a slow disk does.
 */
export interface StepFault {
  readonly fail?: 'before_commit' | 'after_commit'
  readonly delayMs?: number
}

export interface MemorySwarmStoreOptions {
  readonly durability?: Durability
  /** Asked once for each step, when its turn comes; none by default. */
  readonly faultFor?: (scope: Scope) => StepFault | undefined
}

export interface MemorySwarmStoreModules {
  readonly medium: MemoryMedium
  readonly clock: Clock
  /** Takes the outbox. */
  readonly deliver: (scope: Scope, entries: readonly ReadyEntry[]) => void
}

const RETRY_AFTER_MS = 100

/** One node's SwarmStore over a {@link MemoryMedium}: exact, deterministic, and as faulty as it is told to be. */
export class MemorySwarmStore implements SwarmStore {
  readonly #options: MemorySwarmStoreOptions
  readonly #modules: MemorySwarmStoreModules
  #lastStep: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #unwritableReason: string | undefined
  #unreadableReason: string | undefined

  constructor(options: MemorySwarmStoreOptions, modules: MemorySwarmStoreModules) {
    this.#options = options
    this.#modules = modules
  }

  /** From now on every write is refused, as on a full disk; undefined ends it. */
  setUnwritable(reason: string | undefined): void {
    this.#unwritableReason = reason
  }

  /** From now on the record cannot be read, as if bits of it had changed. */
  damageRecord(scope: Scope, key: RecordKey): void {
    this.#modules.medium.scope(scope).damaged.add(nameOf(key))
  }

  /** The same for an event. */
  damageEvent(scope: Scope, sequence: number): void {
    this.#modules.medium.scope(scope).damaged.add(`event/${sequence}`)
  }

  /** From now on every read of records is refused; undefined ends it. */
  setUnreadable(reason: string | undefined): void {
    this.#unreadableReason = reason
  }

  /** The node is gone: what it still asks for is refused and changes nothing. */
  close(): void {
    this.#isClosed = true
  }

  transact<const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>): Promise<Committed<T>> {
    return this.#inTurn(() => this.#runStep(request))
  }

  async get<V>(scope: Scope, key: RecordKey<V>): Promise<StoredRecord<V> | undefined> {
    this.#refuseWhenUnreadable()
    this.#refuseWhenClosed()
    return find(this.#modules.medium.scope(scope), key)
  }

  async getMany<V>(
    scope: Scope,
    keys: readonly RecordKey<V>[],
  ): Promise<readonly (StoredRecord<V> | undefined)[]> {
    this.#refuseWhenUnreadable()
    this.#refuseWhenClosed()
    const kept = this.#modules.medium.scope(scope)
    return keys.map((key) => find(kept, key))
  }

  async list<V>(request: ListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    this.#refuseWhenUnreadable()
    this.#refuseWhenClosed()
    const { kind, prefix = '', after, countMax, openOnly = false, isDescending = false } = request
    const kept = this.#modules.medium.scope(request.scope)
    const ids: string[] = []
    for (const [name, { isOpen }] of kept.records) {
      const [itsKind, id = ''] = name.split('/')
      if (itsKind === kind.name && id.startsWith(prefix) && (isOpen || !openOnly)) ids.push(id)
    }
    ids.sort((a, b) => (a < b === isDescending ? 1 : -1))
    const first = after === undefined ? 0 : ids.findIndex((id) => (isDescending ? id < after : id > after))
    if (first === -1) return []
    const page: StoredRecord<V>[] = []
    for (const id of ids.slice(first)) {
      if (page.length === countMax) break
      const isDamaged = kept.damaged.has(nameOf({ kind, id }))
      const record = isDamaged ? undefined : find(kept, { kind, id })
      if (record === undefined) request.onDamaged?.(id)
      else page.push(record)
    }
    return page
  }

  async listByTime<V>(request: TimedListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    const { scope, kind, upTo, after, countMax, onDamaged } = request
    const stands: { readonly time: number; readonly id: string; readonly record: StoredRecord<V> }[] = []
    for (const record of await this.list({
      scope,
      kind,
      countMax: Number.POSITIVE_INFINITY,
      ...(onDamaged && { onDamaged }),
    })) {
      const time = timeIn(kind, record.value)
      const { id } = record.key
      const isBehind =
        after === undefined || (time ?? 0) > after.time || (time === after.time && id > after.id)
      if (time !== undefined && time <= upTo && isBehind) stands.push({ time, id, record })
    }
    stands.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1))
    return stands.slice(0, countMax).map(({ record }) => record)
  }

  async count(scope: Scope, kind: RecordKind): Promise<number> {
    this.#refuseWhenClosed()
    return [...this.#modules.medium.scope(scope).records.keys()].filter((name) =>
      name.startsWith(`${kind.name}/`),
    ).length
  }

  async readEvents(scope: Scope, after: number, countMax: number): Promise<EventPage> {
    this.#refuseWhenClosed()
    const { events, lastSequence, damaged } = this.#modules.medium.scope(scope)
    const firstSequence = events[0]?.sequence ?? lastSequence + 1
    const start = events.findIndex(({ sequence }) => sequence > after)
    const page = start === -1 ? [] : events.slice(start, start + countMax)
    const isDamaged = ({ sequence }: SwarmEvent): boolean => damaged.has(`event/${sequence}`)
    const found = page.filter(isDamaged)
    return {
      events: page.filter((event) => !isDamaged(event)),
      firstSequence,
      lastSequence,
      keptCount: events.length,
      ...(found.length === 0
        ? {}
        : { damaged: found.map(({ sequence }) => ({ fromSequence: sequence, toSequence: sequence })) }),
    }
  }

  trimEvents(scope: Scope, sequence: number): Promise<void> {
    return this.#inTurn(async () => {
      const { events } = this.#modules.medium.scope(scope)
      const kept = events.findIndex((event) => event.sequence > sequence)
      events.splice(0, kept === -1 ? events.length : kept)
    })
  }

  drop(scope: Scope, epoch: SwarmEpoch): Promise<void> {
    return this.#inTurn(async () => {
      const kept = this.#modules.medium.scope(scope)
      refuseOldEpoch(kept, epoch)
      kept.records.clear()
      kept.events.length = 0
    })
  }

  status(): StoreStatus {
    const { durability = 'synced' } = this.#options
    const reason = this.#unwritableReason
    return reason === undefined ? { isWritable: true, durability } : { isWritable: false, reason, durability }
  }

  /** First asked, first done, also across delays. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastStep.then(() => {
      this.#refuseWhenClosed()
      this.#refuseWhenUnwritable()
      return work()
    })
    this.#lastStep = done.catch(() => undefined)
    return done
  }

  async #runStep<Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>): Promise<Committed<T>> {
    const fault = this.#options.faultFor?.(request.scope) ?? {}
    if (fault.delayMs !== undefined) await this.#delay(fault.delayMs)
    this.#refuseWhenClosed()
    if (fault.fail === 'before_commit') throw unavailable('injected before the commit')
    const { medium, deliver } = this.#modules
    const kept = medium.scope(request.scope)
    refuseOldEpoch(kept, request.epoch)
    const records = request.keys.map((key) => find(kept, key)) as RecordsOf<Keys>
    const step = request.decide(records)
    const events = commit(kept, step)
    deliver(request.scope, step.ready)
    if (fault.fail === 'after_commit') throw unavailable('injected after the commit')
    return { result: step.result, events }
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => this.#modules.clock.setTimer(ms, resolve))
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw unavailable('the store is closed')
  }

  #refuseWhenUnreadable(): void {
    if (this.#unreadableReason !== undefined) throw unavailable(this.#unreadableReason)
  }

  #refuseWhenUnwritable(): void {
    if (this.#unwritableReason !== undefined) throw unavailable(this.#unwritableReason)
  }
}

/** Without an epoch one may write only where nobody has ever coordinated. */
function refuseOldEpoch({ epoch, holder }: KeptScope, presented: SwarmEpoch | undefined): void {
  if ((presented ?? 0) !== epoch) throw new SwarmError('not_coordinator', { coordinatorId: holder ?? null })
}

/** Encodes everything before it changes anything: a value that is not JSON must not leave half a step behind. */
function commit<T>(kept: KeptScope, { writes, events }: Step<T>): readonly SwarmEvent[] {
  const texts = writes.map(({ key, value }) => {
    timeIn(key.kind, value)
    return value === undefined ? undefined : key.kind.codec.encode(value)
  })
  const numbered = events.map((event, index) => {
    const sequence = kept.lastSequence + 1 + index
    const copy = JSON.parse(JSON.stringify(event)) as typeof event
    return { ...copy, sequence, epoch: swarmEpoch(kept.epoch) }
  })
  for (const [index, write] of writes.entries()) apply(kept, write, texts[index])
  kept.lastSequence += numbered.length
  kept.events.push(...numbered)
  return numbered
}

function apply(kept: KeptScope, { key, isOpen }: RecordWrite, text: string | undefined): void {
  const name = nameOf(key)
  kept.damaged.delete(name)
  if (text === undefined) kept.records.delete(name)
  else kept.records.set(name, { version: (kept.records.get(name)?.version ?? 0) + 1, isOpen, text })
}

function find<V>(kept: KeptScope, key: RecordKey<V>): StoredRecord<V> | undefined {
  const record: KeptRecord | undefined = kept.records.get(nameOf(key))
  if (record === undefined) return undefined
  if (kept.damaged.has(nameOf(key)))
    throw new SwarmError('record_damaged', { kind: key.kind.name, id: key.id })
  return { key, version: record.version, value: key.kind.codec.decode(record.text, key.id) }
}

function nameOf({ kind, id }: RecordKey): string {
  return `${kind.name}/${id}`
}

function unavailable(reason: string): SwarmError<'store_unavailable'> {
  return new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS })
}
