import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { EventDraft } from '../../model/events.ts'
import { eventDraft } from '../../model/events.ts'
import type { EpochMs } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { put, type RecordWrite, remove } from '../../ports/records.ts'
import { TrailDraft, type TrailDraftOptions } from './trail-draft.ts'
import { bucketRecordOf, TRAIL_BUCKET_RECORDS, TRAIL_SET_RECORDS, trailBucketId } from './trail-records.ts'
import type { TrailChange } from './trail-set.ts'
import type { ShelvedSet, TrailShelf } from './trail-shelf.ts'

/** One request that changes a set. */
export interface TrailEdit<T> {
  readonly requestId: string
  /** How much of a step it fills, in edges. */
  readonly size: number
  /** @throws SwarmError where it is refused; the draft is then as before */
  apply(draft: TrailDraft, nowMs: EpochMs): T
  event(result: T, now: EpochMs): EventDraft
  /** The answer where the same request was applied before. */
  repeated(shelved: ShelvedSet): T
}

export interface TrailWriterModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly shelf: TrailShelf
}

interface Waiting {
  /** Left out where the set is to be deleted. */
  readonly edit?: TrailEdit<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** Edges that the requests of one step name at most, unless one request alone names more. */
const STEP_EDGES_MAX = 10_000
/** Requests of a set that are remembered. */
const REQUEST_IDS_MAX = 64
/** Steps that are made again because the set on record had changed. */
const STALE_MAX = 3

/**
 * Writes the changes of one trail set, in the order in which they are asked for. What comes while a step is being written
 * is put together in the next one, so that many small deposits cost few durable steps.
 */
export class TrailWriter {
  readonly #options: TrailDraftOptions & { readonly trailSet: string }
  readonly #modules: TrailWriterModules
  readonly #waiting: Waiting[] = []
  #isWriting = false

  constructor(options: TrailDraftOptions & { readonly trailSet: string }, modules: TrailWriterModules) {
    this.#options = options
    this.#modules = modules
  }

  get isIdle(): boolean {
    return !this.#isWriting
  }

  /** Resolves when the change is as durable as the store makes it, and can be read. */
  write<T>(edit: TrailEdit<T>): Promise<T> {
    return this.#enqueue(edit) as Promise<T>
  }

  /** Removes the set with all its edges. @throws SwarmError `trail_set_not_found` */
  delete(): Promise<null> {
    return this.#enqueue() as Promise<null>
  }

  #enqueue(edit?: TrailEdit<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...(edit && { edit }), resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch()
      try {
        await this.#write(batch)
      } catch (error) {
        // The step may have been committed all the same.
        this.#modules.shelf.drop(this.#options.trailSet)
        for (const { reject } of batch) reject(error)
      }
    }
    this.#isWriting = false
  }

  /** The edits that stand first in line, or one deletion. */
  #nextBatch(): Waiting[] {
    let edges = 0
    const end = this.#waiting.findIndex(({ edit }, index) => {
      edges += edit?.size ?? 0
      return (
        index > 0 && (edit === undefined || this.#waiting[0]?.edit === undefined || edges > STEP_EDGES_MAX)
      )
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { shelf } = this.#modules
    for (let attempt = 0; attempt < STALE_MAX; attempt += 1) {
      const shelved = await shelf.get(this.#options.trailSet)
      const isWritten = await (batch[0]?.edit === undefined
        ? this.#remove(batch, shelved)
        : this.#step(batch, shelved))
      if (isWritten) return
      shelf.drop(this.#options.trailSet)
    }
    throw new SwarmError('store_unavailable', {
      reason: 'the trail set changes too often',
      retryAfterMs: 100,
    })
  }

  async #remove(batch: readonly Waiting[], { set, version }: ShelvedSet): Promise<boolean> {
    const { trailSet } = this.#options
    const { journal, clock, shelf } = this.#modules
    const key = { kind: TRAIL_SET_RECORDS, id: trailSet } as const
    const writes = [
      remove(TRAIL_SET_RECORDS, trailSet),
      ...[...set.buckets.keys()].map((index) => remove(TRAIL_BUCKET_RECORDS, trailBucketId(trailSet, index))),
    ]
    const event = eventDraft('trails.deleted', trailSet, clock.now(), {})
    const isWritten = await journal.transact([key] as const, ([stored]) =>
      stored?.version === version ? { ...unchanged(true), writes, events: [event] } : unchanged(false),
    )
    if (!isWritten) return false
    shelf.drop(trailSet)
    for (const { resolve } of batch) resolve(null)
    return true
  }

  /** False where the set on record is another one. */
  async #step(batch: readonly Waiting[], shelved: ShelvedSet): Promise<boolean> {
    const { answers, draft, events, requestIds } = this.#drafted(batch, shelved)
    if (events.length > 0) {
      const isWritten = await this.#commit(draft.change, shelved, { events, requestIds })
      if (!isWritten) return false
      shelved.set.apply(draft.change)
      shelved.version += 1
      shelved.requestIds = requestIds
      this.#modules.shelf.keep(this.#options.trailSet, shelved)
    }
    for (const answer of answers) answer()
    return true
  }

  /** The batch applied to a draft. The answers are given when the draft is on record. */
  #drafted(batch: readonly Waiting[], shelved: ShelvedSet) {
    const now = this.#modules.clock.now()
    const draft = new TrailDraft(this.#options, shelved.set)
    const events: EventDraft[] = []
    const requestIds = [...shelved.requestIds]
    const answers = batch.map(({ edit, resolve, reject }) => {
      if (edit === undefined) return () => undefined
      if (requestIds.includes(edit.requestId)) return () => resolve(edit.repeated(shelved))
      try {
        const result = edit.apply(draft, now)
        requestIds.push(edit.requestId)
        events.push(edit.event(result, now))
        return () => resolve(result)
      } catch (error) {
        return () => reject(error)
      }
    })
    return { answers, draft, events, requestIds: requestIds.slice(-REQUEST_IDS_MAX) }
  }

  /** False where the set on record is another one. */
  #commit(
    { header, buckets }: TrailChange,
    { version }: ShelvedSet,
    {
      events,
      requestIds,
    }: { readonly events: readonly EventDraft[]; readonly requestIds: readonly string[] },
  ): Promise<boolean> {
    const { trailSet } = header
    const key = { kind: TRAIL_SET_RECORDS, id: trailSet } as const
    const bucketWrites = Array.from(buckets, ([index, bucket]): RecordWrite => {
      const id = trailBucketId(trailSet, index)
      return bucket.size === 0
        ? remove(TRAIL_BUCKET_RECORDS, id)
        : put(TRAIL_BUCKET_RECORDS, id, bucketRecordOf(bucket))
    })
    return this.#modules.journal.transact([key] as const, ([stored]) => {
      if (stored?.version !== version) return unchanged(false)
      const record = put(TRAIL_SET_RECORDS, trailSet, { ...header, requestIds })
      return { ...unchanged(true), writes: [record, ...bucketWrites], events }
    })
  }
}
