import { setImmediate as nextTurn } from 'node:timers/promises'
import { assert } from '#domain/model/errors.ts'
import { type EpochMs, type Scope, type SwarmEpoch, splitScope } from '#domain/model/ids.ts'
import type { RecordKind } from '#domain/model/record-kind.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey, StoredRecord } from '#domain/ports/records.ts'
import type {
  Committed,
  Durability,
  EventPage,
  ListRequest,
  StepRequest,
  StoreStatus,
  SwarmStore,
  TimedListRequest,
} from '#domain/ports/swarm-store.ts'
import type { Turns } from '#domain/ports/turns.ts'
import type { Batch } from './batch.ts'
import { takeSnapshot } from './commit-durably.ts'
import type { FileReserve } from './file-reserve.ts'
import { GroupCommit } from './group-commit.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import { readEventPage } from './log-reads.ts'
import {
  claimScope,
  dropPart,
  type JobTraits,
  jobOf,
  REMOVED_AT_ONCE_MAX,
  trimLog,
} from './maintenance-jobs.ts'
import { ScratchEncoder } from './record-codec.ts'
import { StepJob } from './step-job.ts'
import { StoreHealth } from './store-health.ts'
import { idsOf, listRecords, readRecord } from './table-reads.ts'
import { listByTime } from './timed-reads.ts'
import { WorkingSet } from './working-set.ts'

export interface LmdbSwarmStoreOptions {
  readonly durability: Durability
  /** Threads of libuv's pool, 4 by default. */
  readonly threadPoolSize?: number
  /** How often the newest commits may have been lost so far; see `lifetime.ts`. */
  readonly lossCount: number
}

export interface LmdbSwarmStoreModules {
  readonly tables: LmdbTables
  readonly clock: Clock
  readonly logger: Logger
  readonly reserve: FileReserve
  readonly turns: Pick<Turns, 'enter'>
  /** Called once, when the store has failed and the process has to end. */
  readonly onFailed: (reason: string) => void
  /** Takes the outbox. */
  readonly deliver: (scope: Scope, entries: readonly ReadyEntry[]) => void
}

/** Of reading a page, in small requests. */
const PAGE_COST = 4
/** Ids counted in one turn of the event loop. */
const IDS_AT_ONCE_MAX = 5_000

/** The SwarmStore of a single node, in LMDB. */
export class LmdbSwarmStore implements SwarmStore {
  readonly #options: LmdbSwarmStoreOptions
  readonly #modules: LmdbSwarmStoreModules
  readonly #health: StoreHealth
  readonly #commits: GroupCommit
  #stepCount = 0

  constructor(options: LmdbSwarmStoreOptions, modules: LmdbSwarmStoreModules) {
    const { tables, clock, logger, reserve, onFailed } = modules
    this.#options = options
    this.#modules = modules
    this.#health = new StoreHealth({ logger, onFailed })
    this.#commits = new GroupCommit(
      { durability: options.durability, threadPoolSize: options.threadPoolSize ?? 4 },
      {
        tables,
        clock,
        reserve,
        health: this.#health,
        records: new WorkingSet(tables),
        encoder: new ScratchEncoder(),
      },
    )
  }

  transact<const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>): Promise<Committed<T>> {
    const { deliver } = this.#modules
    const onChanged = (): void => {
      this.#stepCount += 1
    }
    return new Promise((resolve, reject) => {
      this.#commits.add(new StepJob(request, { resolve, reject, deliver, onChanged }))
    })
  }

  get<V>(scope: Scope, key: RecordKey<V>): Promise<StoredRecord<V> | undefined> {
    return this.#read((tables) => readRecord(tables, scope, key))
  }

  getMany<V>(scope: Scope, keys: readonly RecordKey<V>[]): Promise<readonly (StoredRecord<V> | undefined)[]> {
    return this.#read((tables) => keys.map((key) => readRecord(tables, scope, key)))
  }

  list<V>(request: ListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    return this.#readPage(request.scope, (tables) => listRecords(tables, request))
  }

  async listByTime<V>(request: TimedListRequest<V>): Promise<readonly StoredRecord<V>[]> {
    assert(
      request.kind.timeOf !== undefined,
      `records of the kind ${request.kind.name} have no index by time`,
    )
    return this.#readPage(request.scope, (tables) => listByTime(tables, request))
  }

  async count(scope: Scope, kind: RecordKind): Promise<number> {
    let count = 0
    let after: string | undefined
    do {
      const ids = await this.#readPage(scope, (tables) => idsOf(tables, scope, kind, after, IDS_AT_ONCE_MAX))
      count += ids.length
      after = ids.length < IDS_AT_ONCE_MAX ? undefined : ids.at(-1)
    } while (after !== undefined)
    return count
  }

  readEvents(scope: Scope, after: number, countMax: number): Promise<EventPage> {
    return this.#readPage(scope, (tables) => readEventPage(tables, scope, after, countMax))
  }

  async trimEvents(scope: Scope, sequence: number): Promise<void> {
    const { lastSequence } = await this.readEvents(scope, Number.MAX_SAFE_INTEGER, 0)
    const upTo = Math.min(sequence, lastSequence)
    await this.#repeat((batch) => trimLog(batch, scope, upTo))
  }

  async drop(scope: Scope, epoch: SwarmEpoch): Promise<void> {
    await this.#repeat((batch) => dropPart(batch, scope, epoch))
  }

  status(): StoreStatus {
    const { durability } = this.#options
    const { reason } = this.#health
    const { count } = this.#modules.tables.damage
    return {
      isWritable: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(this.#health.isReadable ? {} : { isReadable: false }),
      durability,
      ...(count === 0 ? {} : { damagedCount: count }),
      written: { steps: this.#stepCount, commits: this.#commits.commitCount },
    }
  }

  /** Raises the scope's epoch; on the disk before it resolves. */
  claim(scope: Scope, sequenceFloor: number, now: EpochMs): Promise<SwarmEpoch> {
    const facts = { now, sequenceFloor, lossCount: this.#options.lossCount }
    const traits = { isBulk: false, isAlone: false, isFlushNeeded: true }
    return this.#run(traits, (batch) => claimScope(batch, scope, facts))
  }

  /** Refuses what comes from now on, and waits for what came before. Leaves the tables open. */
  async close(): Promise<void> {
    const mayNeverEnd = this.#health.trouble === 'stalled' || this.#health.hasFailed
    this.#health.report('closed', 'the store is closed')
    this.#commits.stop()
    if (!mayNeverEnd) await this.#commits.idle()
    else if (this.#health.hasFailed) await this.#commits.settled()
  }

  /** True for good once LMDB could not write or flush: then nothing may be asked of it any more, not even to close. */
  get hasFailed(): boolean {
    return this.#health.hasFailed
  }

  /**
   * In a turn of its own: a read waits for nothing, so that a caller that reads page after page would otherwise keep the
   * event loop from everybody else.
   */
  async #readPage<T>(scope: Scope, read: (tables: LmdbTables) => T): Promise<T> {
    await (this.#modules.turns.enter(splitScope(scope).tenant, PAGE_COST) ?? nextTurn())
    return this.#read(read)
  }

  /** What was read may be committed and not yet on the disk: then it is shown only once it is. */
  async #read<T>(read: (tables: LmdbTables) => T): Promise<T> {
    if (!this.#health.isReadable) throw this.#health.unavailable()
    const { tables } = this.#modules
    try {
      // LMDB may have failed without our having been told yet.
      takeSnapshot(tables)
    } catch (error) {
      throw this.#commits.environmentFailed(error)
    }
    const found = read(tables)
    if (this.#options.durability === 'synced') await this.#commits.unflushed
    return found
  }

  #run<T>(traits: JobTraits, work: (batch: Batch) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#commits.add(jobOf(traits, work, { resolve, reject }))
    })
  }

  async #repeat(removePart: (batch: Batch) => number): Promise<void> {
    const traits = { isBulk: true, isAlone: true, isFlushNeeded: false }
    for (let removed = REMOVED_AT_ONCE_MAX; removed === REMOVED_AT_ONCE_MAX; ) {
      removed = await this.#run(traits, removePart)
    }
  }
}
