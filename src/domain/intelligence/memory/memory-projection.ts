import { allRecords } from '../../kernel/all-records.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../../model/errors.ts'
import { isOneOf, type SwarmEvent } from '../../model/events.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { WorkerSession, Workers } from '../../ports/workers.ts'
import { valueOf } from './memory-content.ts'
import { NAMESPACE_RECORDS, type NamespaceDefaults, settingsOf } from './memory-namespace.ts'
import { isExpiredRecord, MEMORY_EMBEDDING_RECORDS, MEMORY_RECORDS, memoryId } from './memory-record.ts'
import type { MemoryEntry } from './memory-service.ts'
import { readEntries } from './read-entries.ts'
import { type IndexChange, type IndexMethods, MEMORY_INDEX } from './search/index-program.ts'
import type { IndexHit, IndexQuery } from './search/index-record.ts'
import type { Snippet } from './search/snippet.ts'
import { DEFAULT_WEIGHTS, type FieldWeights } from './search/value-text.ts'

export interface MemoryProjectionModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
  readonly logger: Logger
  readonly workers: Workers
  readonly reminders: Reminders
  /** Told of every record that expires, and of those that do not any more. */
  readonly onExpiry: (id: string, entry: MemoryEntry | undefined) => void
}

/** Pause before a lost index is built again, in milliseconds. */
const RESTART_MS = 1_000
const CHANGES = ['memory.put', 'memory.deleted', 'memory.expired'] as const
/** Records read and indexed at once. */
const CHUNK = 250

/**
 * Keeps the search index of one swarm true to the records. It reads in the log which records have changed, and reads
 * those from the store. The index itself is in a worker; it is built from the records when the coordinatorship begins, and
 * when the worker is lost, beside whatever else goes on.
 */
export class MemoryProjection {
  readonly #defaults: NamespaceDefaults
  readonly #modules: MemoryProjectionModules
  /** Records that have changed since they were indexed. */
  readonly #changed = new Set<string>()
  /** Reads of the store and changes of the index, one after another: the index never goes back to an older version. */
  #line: Promise<void> = Promise.resolve()
  #session: WorkerSession<IndexMethods> | undefined
  #rebuild: Promise<void> = Promise.resolve()
  #isComplete = false
  #isStopped = false

  constructor(defaults: NamespaceDefaults, modules: MemoryProjectionModules) {
    this.#defaults = defaults
    this.#modules = modules
  }

  /** Whether every record is in the index. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Resolves when the rebuild that is under way has ended. */
  get rebuilt(): Promise<void> {
    return this.#rebuild
  }

  read(events: readonly SwarmEvent[]): void {
    let isNews = false
    for (const event of events) {
      if (!isOneOf(event, CHANGES)) continue
      isNews = true
      this.#changed.add(memoryId(event.data.namespace, event.data.key))
    }
    if (isNews) void this.#catchUp()
  }

  /** Begins to index all records there are. */
  start(): void {
    this.#isComplete = false
    this.#rebuild = this.#indexAll().catch((error: unknown) => {
      if (!this.#isStopped) this.#modules.logger.error({ error }, 'memory index not rebuilt')
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#session?.close()
  }

  /** What was written before the call is found. */
  async search(query: IndexQuery): Promise<readonly IndexHit[]> {
    return this.#available(async () => {
      await this.#catchUp()
      return this.#index().call('search', query)
    })
  }

  snippets(values: readonly string[], terms: readonly (readonly string[])[]): Promise<readonly Snippet[]> {
    return this.#available(() => this.#index().call('snippets', { values, terms }))
  }

  /** @throws SwarmError `coordinator_unavailable` where the worker is lost, until it is built again */
  async #available<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isSwarmError(error)) throw error
      throw new SwarmError('coordinator_unavailable', { retryAfterMs: RESTART_MS }, { cause: error })
    }
  }

  #catchUp(): Promise<void> {
    return this.#inLine(async () => {
      while (this.#changed.size > 0 && !this.#isStopped) {
        const ids = [...this.#changed].slice(0, CHUNK)
        for (const id of ids) this.#changed.delete(id)
        try {
          await this.#indexRecords(ids)
        } catch (error) {
          for (const id of ids) this.#changed.add(id)
          throw error
        }
      }
    })
  }

  async #indexAll(): Promise<void> {
    const { store, journal } = this.#modules
    const scope = journal.scope
    let ids: string[] = []
    const flush = async (): Promise<void> => {
      const chunk = ids
      ids = []
      if (chunk.length > 0) await this.#inLine(() => this.#indexRecords(chunk))
    }
    for await (const { key } of allRecords(store, scope, MEMORY_RECORDS)) {
      if (this.#isStopped) return
      ids.push(key.id)
      if (ids.length === CHUNK) await flush()
    }
    await flush()
    this.#isComplete = true
  }

  #inLine(work: () => Promise<void>): Promise<void> {
    const turn = this.#line.then(work)
    this.#line = turn.catch(() => undefined)
    turn.catch((error: unknown) => {
      if (!this.#isStopped) this.#modules.logger.warn({ error }, 'memory index behind')
    })
    return turn
  }

  /** Brings these records in the index up to what the store has. */
  async #indexRecords(ids: readonly string[]): Promise<void> {
    const { store, journal, clock, onExpiry } = this.#modules
    const entries = await readEntries(store, journal.scope, ids)
    const embeddings = await this.#embeddings(entries)
    const weights = await this.#weights(entries)
    const changes = ids.map((id, at): IndexChange => {
      const entry = entries[at]
      onExpiry(id, entry)
      if (entry === undefined || isExpiredRecord(entry.record, clock.now())) return { type: 'remove', id }
      const embedding = embeddings.get(id)
      return { type: 'put', entry: indexEntry(id, entry, weights.get(entry.record.namespace), embedding) }
    })
    await this.#index().call('apply', changes)
  }

  async #embeddings(
    entries: readonly (MemoryEntry | undefined)[],
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const { store, journal } = this.#modules
    const ids = entries.flatMap((entry) =>
      entry?.record.hasEmbedding === true ? [memoryId(entry.record.namespace, entry.record.key)] : [],
    )
    const stored = await store.getMany(
      journal.scope,
      ids.map((id) => ({ kind: MEMORY_EMBEDDING_RECORDS, id })),
    )
    return new Map(
      stored.flatMap((found) => (found === undefined ? [] : [[found.key.id, found.value] as const])),
    )
  }

  async #weights(entries: readonly (MemoryEntry | undefined)[]): Promise<ReadonlyMap<string, FieldWeights>> {
    const { store, journal } = this.#modules
    const names = [
      ...new Set(entries.flatMap((entry) => (entry === undefined ? [] : [entry.record.namespace]))),
    ]
    const stored = await store.getMany(
      journal.scope,
      names.map((id) => ({ kind: NAMESPACE_RECORDS, id })),
    )
    return new Map(
      names.map((name, at) => [name, settingsOf(name, stored[at]?.value, this.#defaults).weights]),
    )
  }

  #index(): WorkerSession<IndexMethods> {
    if (this.#isStopped) throw new Error('the memory of the swarm is closed')
    this.#session ??= this.#modules.workers.open(MEMORY_INDEX, undefined, () => this.#lost())
    return this.#session
  }

  #lost(): void {
    this.#modules.logger.warn({ scope: this.#modules.journal.scope }, 'memory index lost with its worker')
    this.#session = undefined
    this.#isComplete = false
    // A worker that cannot start is not started again and again.
    if (!this.#isStopped) this.#modules.reminders.set(RESTART_MS, () => this.start())
  }
}

function indexEntry(
  id: string,
  entry: MemoryEntry,
  weights: FieldWeights | undefined,
  embedding: readonly number[] | undefined,
): Extract<IndexChange, { type: 'put' }>['entry'] {
  const { namespace, key, tags, updatedAt, expiresAt, sequence, provenance } = entry.record
  return {
    id,
    namespace,
    key,
    value: valueOf(entry),
    weights: weights ?? DEFAULT_WEIGHTS,
    timeMs: updatedAt,
    tags,
    ...(provenance.agentId === undefined ? {} : { author: provenance.agentId }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(embedding === undefined ? {} : { embedding: Float32Array.from(embedding) }),
  }
}
