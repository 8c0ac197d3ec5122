import { SwarmError } from '../../model/errors.ts'
import type { Scope } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StoredRecord } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { keyFault, namespaceFault } from './memory-key.ts'
import {
  type MemoryCaller,
  mayAccess,
  NAMESPACE_RECORDS,
  type NamespaceDefaults,
  type NamespaceRecord,
  type NamespaceSettings,
  requireAccess,
  settingsOf,
} from './memory-namespace.ts'
import {
  isExpiredRecord,
  MEMORY_RECORDS,
  type MemoryRecord,
  type MemoryVersion,
  memoryId,
  versionKey,
} from './memory-record.ts'
import type { MemoryEntry } from './memory-service.ts'
import { readEntries } from './read-entries.ts'

export interface MemoryReaderOptions {
  readonly scope: Scope
  readonly defaults: NamespaceDefaults
  readonly versionsMax: number
}

export interface MemoryListRequest {
  readonly namespace: string
  readonly caller: MemoryCaller
  readonly prefix?: string
  readonly tag?: string
  /** The key behind which to go on. */
  readonly after?: string
  readonly pageSize: number
}

export interface MemoryPage {
  readonly records: readonly MemoryRecord[]
  /** Pass as `after` to go on; undefined at the end. A page may be short and not the last. */
  readonly next: string | undefined
}

/** Records looked at for one page, so that a tag that nothing has cannot read the whole namespace. */
const SCAN_MAX = 5_000
const SCAN_STEP = 500

/** Reads the memory of one swarm straight from the store; any node can. */
export class MemoryReader {
  readonly #options: MemoryReaderOptions
  readonly #store: SwarmStore
  readonly #clock: Clock

  constructor(
    options: MemoryReaderOptions,
    { store, clock }: { readonly store: SwarmStore; readonly clock: Clock },
  ) {
    this.#options = options
    this.#store = store
    this.#clock = clock
  }

  /** @throws SwarmError `memory_not_found`, `memory_forbidden` */
  async get(namespace: string, key: string, caller: MemoryCaller): Promise<MemoryEntry> {
    const [entry] = await this.getMany(namespace, [key], caller)
    if (entry === undefined) throw new SwarmError('memory_not_found', { namespace, key })
    return entry
  }

  /** Place by place as the keys. @throws SwarmError `memory_forbidden`, `memory_invalid` */
  async getMany(
    namespace: string,
    keys: readonly string[],
    caller: MemoryCaller,
  ): Promise<readonly (MemoryEntry | undefined)[]> {
    await this.#requireRead(namespace, caller)
    for (const key of keys) refuseKey(key)
    return this.#entries(keys.map((key) => memoryId(namespace, key)))
  }

  /** In the order of the keys' ids. @throws SwarmError `memory_forbidden` */
  async list({
    namespace,
    caller,
    prefix = '',
    tag,
    after,
    pageSize,
  }: MemoryListRequest): Promise<MemoryPage> {
    await this.#requireRead(namespace, caller)
    const start = memoryId(namespace, prefix)
    const records: MemoryRecord[] = []
    const take = ({ value }: StoredRecord<MemoryRecord>): boolean => {
      const isWanted =
        !isExpiredRecord(value, this.#clock.now()) && (tag === undefined || value.tags.includes(tag))
      if (isWanted) records.push(value)
      return records.length === pageSize
    }
    // The list begins behind an id; the prefix may be a key itself.
    if (after === undefined && prefix !== '') {
      const exact = await this.#store.get(this.#options.scope, { kind: MEMORY_RECORDS, id: start })
      if (exact !== undefined && take(exact)) return { records, next: exact.value.key }
    }
    let from = after === undefined ? start : memoryId(namespace, after)
    for (let looked = 0; looked < SCAN_MAX; looked += SCAN_STEP) {
      const page = await this.#page(from)
      for (const stored of page) {
        if (!stored.key.id.startsWith(start)) return { records, next: undefined }
        from = stored.key.id
        if (take(stored)) return { records, next: stored.value.key }
      }
      const last = page.at(-1)
      if (page.length < SCAN_STEP || last === undefined) return { records, next: undefined }
      if (looked + SCAN_STEP >= SCAN_MAX) return { records, next: last.value.key }
    }
    return { records, next: undefined }
  }

  /** Earlier versions that are kept, newest first, behind the present one. */
  async history(namespace: string, key: string, caller: MemoryCaller): Promise<readonly MemoryVersion[]> {
    const present = await this.get(namespace, key, caller)
    const { scope, versionsMax } = this.#options
    const id = memoryId(namespace, key)
    const slots = Array.from({ length: versionsMax }, (_, at) => versionKey(id, at, versionsMax))
    const stored = await this.#store.getMany(scope, slots)
    const { createdAt, version } = present.record
    const earlier = stored
      .flatMap((found) => (found === undefined ? [] : [found.value]))
      // A place may hold a version of a record that stood under the key before.
      .filter(({ record }) => record.createdAt === createdAt && record.version < version)
      .toSorted((a, b) => b.record.version - a.record.version)
    return [present, ...earlier]
  }

  settingsOf(record: NamespaceRecord): NamespaceSettings {
    return settingsOf(record.name, record, this.#options.defaults)
  }

  /** Those that the caller may read, in the order of their names. */
  async namespaces(caller: MemoryCaller): Promise<readonly NamespaceRecord[]> {
    const { scope, defaults } = this.#options
    const found: NamespaceRecord[] = []
    for (let after: string | undefined; ; ) {
      const page = await this.#store.list({
        scope,
        kind: NAMESPACE_RECORDS,
        countMax: SCAN_STEP,
        ...(after === undefined ? {} : { after }),
      })
      for (const { value } of page)
        if (mayAccess('read', value.name, settingsOf(value.name, value, defaults), caller)) found.push(value)
      if (page.length < SCAN_STEP) return found
      after = page.at(-1)?.key.id
    }
  }

  #page(after: string): Promise<readonly StoredRecord<MemoryRecord>[]> {
    return this.#store.list({ scope: this.#options.scope, kind: MEMORY_RECORDS, after, countMax: SCAN_STEP })
  }

  async #entries(ids: readonly string[]): Promise<readonly (MemoryEntry | undefined)[]> {
    const { scope } = this.#options
    const now = this.#clock.now()
    return (await readEntries(this.#store, scope, ids)).map((entry) =>
      entry === undefined || isExpiredRecord(entry.record, now) ? undefined : entry,
    )
  }

  async #requireRead(namespace: string, caller: MemoryCaller): Promise<void> {
    const fault = namespaceFault(namespace)
    if (fault !== undefined) throw new SwarmError('memory_invalid', { reason: fault })
    const { scope, defaults } = this.#options
    const stored = await this.#store.get(scope, { kind: NAMESPACE_RECORDS, id: namespace })
    requireAccess('read', namespace, settingsOf(namespace, stored?.value, defaults), caller)
  }
}

function refuseKey(key: string): void {
  const fault = keyFault(key)
  if (fault !== undefined) throw new SwarmError('memory_invalid', { reason: fault })
}
