import { SwarmError } from '../../model/errors.ts'
import type { Scope } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { valueOf } from './memory-content.ts'
import { mayAccess, type NamespaceRecord, requireAccess, settingsOf } from './memory-namespace.ts'
import type { MemoryOptions } from './memory-options.ts'
import type { MemoryProjection } from './memory-projection.ts'
import { isExpiredRecord } from './memory-record.ts'
import type { MemoryEntry, SearchHit, SearchReply, SearchRequest } from './memory-service.ts'
import { refuseVector } from './memory-vector.ts'
import { readEntries } from './read-entries.ts'
import type { IndexHit, SearchFilter } from './search/index-record.ts'

export interface MemorySearchModules {
  readonly scope: Scope
  readonly store: SwarmStore
  readonly clock: Clock
  readonly projection: MemoryProjection
  readonly namespaces: ReadonlyMap<string, NamespaceRecord>
}

/** Answers searches: who may see what, what the index finds, and the records as they stand now. */
export class MemorySearch {
  readonly #options: MemoryOptions
  readonly #modules: MemorySearchModules

  constructor(options: MemoryOptions, modules: MemorySearchModules) {
    this.#options = options
    this.#modules = modules
  }

  async search(request: SearchRequest): Promise<SearchReply> {
    const { projection, clock } = this.#modules
    const { text, vector, contextWeight, countMax, hasValues } = request
    const namespaces = this.#readable(request)
    if (vector !== undefined) this.#refuseDimensions(vector, namespaces)
    await this.#waitForRebuild()
    // Said before the search: what is indexed meanwhile may already be too late for it.
    const { isComplete } = projection
    const found = await projection.search({
      filter: filterOf(request, namespaces),
      nowMs: clock.now(),
      contextWeight,
      countMax,
      ...(text === undefined ? {} : { text }),
      ...(vector === undefined ? {} : { vector: Float32Array.from(vector) }),
    })
    return { hits: await this.#hits(found, hasValues), isComplete }
  }

  /** @throws SwarmError `memory_forbidden` where a namespace is named that the caller may not read */
  #readable({ namespaces: named, caller }: SearchRequest): readonly string[] {
    const { namespaces } = this.#modules
    const { memoryDefaults } = this.#options
    if (named !== undefined) {
      for (const name of named)
        requireAccess('read', name, settingsOf(name, namespaces.get(name), memoryDefaults), caller)
      return named
    }
    return [...namespaces.values()]
      .filter((record) =>
        mayAccess('read', record.name, settingsOf(record.name, record, memoryDefaults), caller),
      )
      .map(({ name }) => name)
  }

  /** A vector that could be compared with nothing is a mistake, not a search without hits. */
  #refuseDimensions(vector: readonly number[], names: readonly string[]): void {
    refuseVector(vector)
    const known = names.flatMap((name) => this.#modules.namespaces.get(name)?.dimensions ?? [])
    if (known.length === 0 || known.includes(vector.length)) return
    const lengths = [...new Set(known)].join(', ')
    const reason = `the vector has ${vector.length} numbers, those of the namespaces have ${lengths}`
    throw new SwarmError('memory_invalid', { reason })
  }

  async #waitForRebuild(): Promise<void> {
    const { projection, clock } = this.#modules
    if (projection.isComplete) return
    let cancel: () => void = () => undefined
    const patience = new Promise<void>((resolve) => {
      cancel = clock.setTimer(this.#options.memoryRebuildWaitMs, resolve)
    })
    await Promise.race([projection.rebuilt, patience])
    cancel()
  }

  async #hits(found: readonly IndexHit[], hasValues: boolean): Promise<readonly SearchHit[]> {
    const { store, scope, clock, projection } = this.#modules
    const entries = await readEntries(
      store,
      scope,
      found.map(({ id }) => id),
    )
    const now = clock.now()
    // Removed, or expired, since the index was asked.
    const standing = found.flatMap((hit, at): readonly { hit: IndexHit; entry: MemoryEntry }[] => {
      const entry = entries[at]
      return entry === undefined || isExpiredRecord(entry.record, now) ? [] : [{ hit, entry }]
    })
    if (standing.length === 0) return []
    const values = standing.map(({ entry }) => valueOf(entry))
    const terms = standing.map(({ hit }) => (hit.lexical?.terms ?? []).map(({ term }) => term))
    const snippets = await projection.snippets(values, terms)
    return standing.map(({ hit: { id: _, ...hit }, entry }, at) => ({
      record: entry.record,
      ...hit,
      snippet: snippets[at] ?? { text: '', matches: [] },
      ...(hasValues ? { value: values[at] as NonNullable<SearchHit['value']> } : {}),
    }))
  }
}

function filterOf(
  { tags, author, fromMs, toMs }: SearchRequest,
  namespaces: readonly string[],
): SearchFilter {
  return {
    namespaces,
    ...(tags === undefined ? {} : { tags }),
    ...(author === undefined ? {} : { author }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  }
}
