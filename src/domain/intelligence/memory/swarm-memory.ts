import { allRecords } from '../../kernel/all-records.ts'
import type { Projection } from '../../kernel/projection.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { SwarmEvent } from '../../model/events.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { Workers } from '../../ports/workers.ts'
import { MemoryExpiry } from './memory-expiry.ts'
import { NAMESPACE_RECORDS, type NamespaceRecord } from './memory-namespace.ts'
import type { MemoryOptions } from './memory-options.ts'
import { MemoryProjection } from './memory-projection.ts'
import { MemorySearch } from './memory-search.ts'
import type { MemoryService } from './memory-service.ts'
import { MemoryWriter } from './memory-writer.ts'
import { TenantShare } from './tenant-share.ts'

export interface SwarmMemoryModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
  readonly logger: Logger
  readonly reminders: Reminders
  readonly workers: Workers
}

/** What one swarm remembers together, on the node that coordinates it. */
export class SwarmMemory implements Projection {
  readonly name = 'memory'
  readonly service: MemoryService
  readonly #options: MemoryOptions
  readonly #modules: SwarmMemoryModules
  readonly #namespaces = new Map<string, NamespaceRecord>()
  readonly #share: TenantShare
  readonly #writer: MemoryWriter
  readonly #expiry: MemoryExpiry
  readonly #projection: MemoryProjection

  constructor(options: MemoryOptions, modules: SwarmMemoryModules) {
    const { journal, store } = modules
    this.#options = options
    this.#modules = modules
    this.#share = new TenantShare(options.memoryTenantBytesMax, { scope: journal.scope, store })
    this.#writer = new MemoryWriter(options, {
      ...modules,
      admitNamespace: () => this.#admitNamespace(),
      onNamespace: (record) => this.#namespaces.set(record.name, record),
      reserve: (bytes) => this.#share.cover(this.#byteCount() + bytes),
    })
    this.#expiry = new MemoryExpiry({
      ...modules,
      expire: (namespace, keys) => this.#writer.expire(namespace, keys),
    })
    this.#projection = new MemoryProjection(options.memoryDefaults, {
      ...modules,
      onExpiry: (id, entry) => this.#expiry.note(id, entry),
    })
    const search = new MemorySearch(options, {
      scope: journal.scope,
      ...modules,
      projection: this.#projection,
      namespaces: this.#namespaces,
    })
    const writer = this.#writer
    this.service = {
      put: (request) => writer.put(request),
      merge: (request) => writer.merge(request),
      operate: (request) => writer.operate(request),
      delete: (request) => writer.delete(request),
      declare: (request) => writer.declare(request),
      search: (request) => search.search(request),
    }
  }

  read(events: readonly SwarmEvent[]): void {
    this.#projection.read(events)
  }

  /** Reads the namespaces, and begins to index the records, which goes on beside the work. */
  async recover(): Promise<void> {
    const { store, journal } = this.#modules
    for await (const { value } of allRecords(store, journal.scope, NAMESPACE_RECORDS))
      this.#namespaces.set(value.name, value)
    this.#projection.start()
  }

  stop(): void {
    this.#expiry.stop()
    this.#projection.stop()
  }

  /** The swarm is deleted: what it took of its tenant's memory goes back. */
  release(): Promise<void> {
    return this.#share.release()
  }

  #byteCount(): number {
    return [...this.#namespaces.values()].reduce((sum, { byteCount }) => sum + byteCount, 0)
  }

  #admitNamespace(): void {
    const { memoryNamespacesMax: limit } = this.#options
    const actual = this.#namespaces.size + 1
    if (actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'memoryNamespacesMax', limit, actual })
  }
}
