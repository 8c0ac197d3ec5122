import { randomBytes } from 'node:crypto'
import { assert, SwarmError } from '#domain/model/errors.ts'
import type { NodeId, Scope, SwarmEpoch } from '#domain/model/ids.ts'
import { type RecordKind, type RecordKinds, timeIn } from '#domain/model/record-kind.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey, StoredRecord } from '#domain/ports/records.ts'
import type {
  Committed,
  EventPage,
  ListRequest,
  StepRequest,
  StoreStatus,
  SwarmStore,
  TimedListRequest,
  WrittenCounts,
} from '#domain/ports/swarm-store.ts'
import { lossSentence, type StoreIdentity } from './identity/store-identity.ts'
import { listPage, timedPage } from './list-records.ts'
import { readRecords } from './read-records.ts'
import { RecordCache } from './record-cache.ts'
import { NO_RECORD, toStored } from './record-codec.ts'
import type { RedisHealth } from './redis-health.ts'
import { coordinatorKey, droppedKeys, eventsKey, MARKER_KEY, metaKey, recordsKey } from './redis-keys.ts'
import { asUnavailable, type RedisLink, unavailable } from './redis-link.ts'
import { ScopeQueue } from './scope-queue.ts'
import { OTHER_STORE } from './scripts/answers.ts'
import { dropScript } from './scripts/drop-script.ts'
import { eventsScript } from './scripts/events-script.ts'
import { type AnyRequest, decodeEvent } from './step-batch.ts'

const KEYS_MAX = 1_100
/** Lanes kept for scopes that write nothing just now. */
const LANES_MAX = 1_000
/** Records in one script call. */
const PAGE_MAX = 2_000

export interface RedisSwarmStoreModules {
  readonly link: RedisLink
  readonly health: RedisHealth
  readonly identity: StoreIdentity
  readonly kinds: RecordKinds
  /** What a step left in the outbox; `undefined` where it is not known whether it did. */
  readonly onReady: (scope: Scope, entries: readonly ReadyEntry[] | undefined) => void
  /** Removes the scope's ready queue. */
  readonly dropReadyQueue: (scope: Scope) => Promise<void>
}

/**
 * The swarms' truth in Redis: a hash of records for each kind, a stream of events and an outbox for each scope,
 * changed together by one script.
 */
export class RedisSwarmStore implements SwarmStore {
  readonly #link: RedisLink
  readonly #health: RedisHealth
  readonly #identity: StoreIdentity
  readonly #modules: RedisSwarmStoreModules
  readonly #cache = new RecordCache()
  readonly #lanes = new Map<Scope, ScopeQueue>()
  readonly #stampPrefix = randomBytes(6).toString('hex')
  #stampCount = 0
  #written: WrittenCounts = { steps: 0, commits: 0 }
  #isClosed = false

  constructor(modules: RedisSwarmStoreModules) {
    this.#modules = modules
    this.#link = modules.link
    this.#health = modules.health
    this.#identity = modules.identity
    // A new connection may lead to a Redis that has lost what this node remembers.
    const forget = (): void => {
      for (const lane of this.#lanes.values()) lane.forget()
    }
    modules.link.onConnected(forget)
    modules.identity.onLoss(forget)
  }

  transact<const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>): Promise<Committed<T>> {
    assert(request.keys.length <= KEYS_MAX, `a step reads at most ${KEYS_MAX} records`)
    if (this.#isClosed) return Promise.reject(unavailable('the store is closed'))
    try {
      this.#health.requireSafe()
      this.#identity.requireStoreId()
    } catch (error) {
      return Promise.reject(error)
    }
    // The lane keeps steps of all types in one line; each gets back what its own `decide` returned.
    const step = request as unknown as AnyRequest
    return this.#laneOf(request.scope).run(step) as Promise<Committed<T>>
  }

  async get<V>(scope: Scope, key: RecordKey<V>): Promise<StoredRecord<V> | undefined> {
    const [record] = await this.getMany(scope, [key])
    return record
  }

  async getMany<V>(
    scope: Scope,
    keys: readonly RecordKey<V>[],
  ): Promise<readonly (StoredRecord<V> | undefined)[]> {
    this.#identity.requireStoreId()
    const records = await readRecords(this.#link, scope, keys)
    // What is not there may never have been there, or be lost with all the rest.
    if (records.some(({ value }) => value === undefined)) await this.#identity.confirm()
    return keys.map((key, index) => toStored(key, records[index] ?? NO_RECORD))
  }

  async list<V>(request: ListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    const { kind, after, countMax } = request
    assert(kind.isListed, `records of the kind ${kind.name} are not listed`)
    return this.#inPages(countMax, (last, pageMax) =>
      listPage(this.#link, request, last === undefined ? after : last.key.id, pageMax),
    )
  }

  async listByTime<V>(request: TimedListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    const { kind, upTo, after, countMax } = request
    assert(kind.timeOf !== undefined, `records of the kind ${kind.name} have no index by time`)
    return this.#inPages(countMax, (last, pageMax) => {
      const start = last && { time: timeIn(kind, last.value) ?? upTo, id: last.key.id }
      return timedPage(this.#link, request, start ?? after, pageMax)
    })
  }

  count(scope: Scope, kind: RecordKind): Promise<number> {
    return this.#guard(() => this.#link.client.hlen(recordsKey(scope, kind)))
  }

  /** Also from a store that is lost, so that its readers are told what is gone. */
  async readEvents(scope: Scope, after: number, countMax: number): Promise<EventPage> {
    // The log of another store is not this one's.
    if (this.#identity.loss?.reason === 'replaced') return { events: [], firstSequence: 1, lastSequence: 0 }
    const keys = [metaKey(scope), eventsKey(scope)]
    const reply = await this.#guard(() =>
      eventsScript.run(this.#link.client, keys, [after, Math.max(countMax, 1)]),
    )
    const [newest, oldest, entries, keptCount] = reply as [
      string,
      readonly StreamEntry[],
      readonly StreamEntry[],
      number,
    ]
    const lastSequence = Number(newest)
    const [first] = oldest
    return {
      events: entries.slice(0, countMax).map(([id, fields]) => decodeEvent(sequenceOf(id), fields[1])),
      firstSequence: first === undefined ? lastSequence + 1 : sequenceOf(first[0]),
      lastSequence,
      keptCount,
    }
  }

  async trimEvents(scope: Scope, sequence: number): Promise<void> {
    await this.#guard(() => this.#link.client.xtrim(eventsKey(scope), 'MINID', `${sequence + 1}-0`))
  }

  async drop(scope: Scope, epoch: SwarmEpoch): Promise<void> {
    const keys = [
      metaKey(scope),
      coordinatorKey(scope),
      MARKER_KEY,
      ...droppedKeys(scope, this.#modules.kinds),
    ]
    const runId = this.#link.requireRunId()
    const storeId = this.#identity.requireStoreId()
    const [isDropped, coordinatorId] = (await this.#guard(() =>
      dropScript.run(this.#link.client, keys, [epoch, runId, storeId]),
    )) as [number, string]
    this.#lanes.get(scope)?.forget()
    if (isDropped === OTHER_STORE) return this.#identity.refused()
    if (isDropped === 0)
      throw new SwarmError('not_coordinator', {
        coordinatorId: coordinatorId === '' ? null : (coordinatorId as NodeId),
      })
    await this.#guard(() => this.#modules.dropReadyQueue(scope))
  }

  status(): StoreStatus {
    const status = { ...this.#health.status, written: this.#written }
    const { loss } = this.#identity
    return loss === undefined ? status : { ...status, isWritable: false, reason: lossSentence(loss), loss }
  }

  /** Refuses what comes from now on, and waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#lanes.values()].map((lane) => lane.drained()))
  }

  /** @param read one page behind the last record of the page before */
  async #inPages<V>(
    countMax: number,
    read: (last: StoredRecord<V> | undefined, pageMax: number) => Promise<readonly StoredRecord<V>[]>,
  ): Promise<readonly StoredRecord<V>[]> {
    this.#identity.requireStoreId()
    const found: StoredRecord<V>[] = []
    for (;;) {
      const pageMax = Math.min(PAGE_MAX, countMax - found.length)
      if (pageMax <= 0) return found
      const page = await this.#guard(() => read(found.at(-1), pageMax))
      found.push(...page)
      if (page.length === pageMax) continue
      if (found.length === 0) await this.#identity.confirm()
      return found
    }
  }

  #laneOf(scope: Scope): ScopeQueue {
    const known = this.#lanes.get(scope)
    if (known !== undefined) return known
    if (this.#lanes.size >= LANES_MAX) this.#dropIdleLane()
    const lane = new ScopeQueue(scope, {
      link: this.#link,
      identity: this.#identity,
      cache: this.#cache,
      kinds: this.#modules.kinds,
      nextStamp: () => this.#nextStamp(),
      onCommitted: (stepCount) => this.#count(stepCount),
      onReady: this.#modules.onReady,
    })
    this.#lanes.set(scope, lane)
    return lane
  }

  #dropIdleLane(): void {
    for (const [scope, lane] of this.#lanes) {
      if (!lane.isIdle) continue
      this.#lanes.delete(scope)
      return
    }
  }

  #count(stepCount: number): void {
    if (stepCount === 0) return
    const { steps, commits } = this.#written
    this.#written = { steps: steps + stepCount, commits: commits + 1 }
  }

  /** Never given before, by any node. */
  #nextStamp(): string {
    this.#stampCount += 1
    return `${this.#stampPrefix}${this.#stampCount.toString(36)}`
  }

  async #guard<T>(command: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw unavailable('the store is closed')
    this.#link.requireRunId()
    try {
      return await command()
    } catch (error) {
      throw asUnavailable(error)
    }
  }
}

type StreamEntry = readonly [id: string, fields: readonly [name: string, text: string]]

const sequenceOf = (id: string): number => Number.parseInt(id, 10)
