import type { Scope } from '#domain/ids.ts'
import type {
  RecordKey,
  RecordKind,
  RecordValues,
  RecordWrite,
  StoredRecord,
  SwarmEvent,
} from '#domain/ports/records.ts'
import { type LmdbTables, type RecordTableKey, recordKey } from './lmdb-tables.ts'
import type { RecordCache } from './record-cache.ts'
import { decodeHeader, decodeValue, type RecordHeader, type ScratchEncoder } from './record-codec.ts'
import { readScopeState, type ScopeState } from './scope-ledger.ts'

/** A record as the steps run so far have left it. */
export interface CurrentRecord extends RecordHeader {
  readonly value: RecordValues[RecordKind]
}

interface StagedRecord {
  readonly key: RecordTableKey
  /** As LMDB has it; undefined where it has none. */
  readonly before: RecordHeader | undefined
  /** 0 where there is none. */
  version: number
  /** Undefined where it is to be removed. */
  after: (CurrentRecord & { readonly text: string }) | undefined
}

/** A write whose value is already the text it will be stored as. */
export interface EncodedWrite {
  readonly write: RecordWrite
  /** Undefined for a removal. */
  readonly text: string | undefined
}

export interface EncodedEvent {
  readonly scope: Scope
  readonly event: SwarmEvent
  readonly text: string
}

export interface BatchModules {
  readonly tables: LmdbTables
  readonly cache: RecordCache<CurrentRecord>
  readonly encoder: ScratchEncoder
}

/** Longer values are read again from LMDB's pages, which the system caches already. */
const CACHED_TEXT_MAX = 8_192
/** What an entry costs beyond its text. */
const CACHED_ENTRY_SIZE = 200
const ONE_BYTE = Buffer.of(1)

/**
 * The steps of one LMDB transaction. They run one after another, each seeing what those before it left, and nothing
 * is put until all have run; so a step that throws leaves nothing behind, and a record that changes twice is put
 * once. Lives only inside the transaction's callback.
 */
export class Batch {
  readonly tables: LmdbTables
  readonly #cache: RecordCache<CurrentRecord>
  readonly #encoder: ScratchEncoder
  readonly #records = new Map<string, StagedRecord>()
  readonly #scopes = new Map<Scope, { state: ScopeState; isChanged: boolean }>()
  readonly #events: EncodedEvent[] = []
  #textSize = 0
  #isTouched = false

  constructor({ tables, cache, encoder }: BatchModules) {
    this.tables = tables
    this.#cache = cache
    this.#encoder = encoder
  }

  /** Characters to be written so far. */
  get textSize(): number {
    return this.#textSize
  }

  read<K extends RecordKind>(scope: Scope, key: RecordKey<K>): StoredRecord<K> | undefined {
    const current = this.#current(nameOf(scope, key), scope, key)
    return current === undefined
      ? undefined
      : { key, version: current.version, value: current.value as RecordValues[K] }
  }

  scopeState(scope: Scope): ScopeState {
    const staged = this.#scopes.get(scope)
    if (staged !== undefined) return staged.state
    const state = readScopeState(this.tables, scope)
    this.#scopes.set(scope, { state, isChanged: false })
    return state
  }

  setScopeState(scope: Scope, state: ScopeState): void {
    this.#scopes.set(scope, { state, isChanged: true })
  }

  write(scope: Scope, { write, text }: EncodedWrite): void {
    const name = nameOf(scope, write.key)
    const staged = this.#stage(name, scope, write.key)
    if (text === undefined || write.value === undefined) {
      staged.version = 0
      staged.after = undefined
      return
    }
    staged.version += 1
    staged.after = { version: staged.version, isOpen: write.isOpen, value: write.value, text }
    this.#textSize += text.length
  }

  append(encoded: EncodedEvent): void {
    this.#events.push(encoded)
    this.#textSize += encoded.text.length
  }

  /** For jobs that change the tables themselves: forgets all that is cached of them. */
  touch(): void {
    this.#isTouched = true
    this.#cache.clear()
  }

  get isChanged(): boolean {
    if (this.#isTouched || this.#records.size > 0 || this.#events.length > 0) return true
    return [...this.#scopes.values()].some(({ isChanged }) => isChanged)
  }

  /** Puts everything. What it throws must abort the transaction. */
  apply(): void {
    for (const staged of this.#records.values()) this.#put(staged)
    for (const { scope, event, text } of this.#events) {
      this.tables.events.putSync([scope, event.sequence], this.#encoder.encodeText(text))
    }
    for (const [scope, { state, isChanged }] of this.#scopes) {
      if (isChanged)
        this.tables.meta.putSync(['scope', scope], this.#encoder.encodeText(JSON.stringify(state)))
    }
  }

  /** Keeps the newest values at hand for the next batches; to be called once everything is put. */
  remember(): void {
    for (const [name, { after }] of this.#records) {
      if (after === undefined || after.text.length > CACHED_TEXT_MAX) {
        this.#cache.delete(name)
      } else {
        const { version, isOpen, value, text } = after
        this.#cache.set(name, { version, isOpen, value }, text.length + CACHED_ENTRY_SIZE)
      }
    }
  }

  #current(name: string, scope: Scope, key: RecordKey): CurrentRecord | undefined {
    const staged = this.#records.get(name)
    if (staged !== undefined) return staged.after
    const cached = this.#cache.get(name)
    if (cached !== undefined) return cached
    const bytes = this.tables.records.getBinaryFast(recordKey(scope, key))
    if (bytes === undefined) return undefined
    const current = { ...decodeHeader(bytes), value: decodeValue(key.kind, bytes) }
    if (bytes.length <= CACHED_TEXT_MAX) this.#cache.set(name, current, bytes.length + CACHED_ENTRY_SIZE)
    return current
  }

  #stage(name: string, scope: Scope, key: RecordKey): StagedRecord {
    const present = this.#records.get(name)
    if (present !== undefined) return present
    const tableKey = recordKey(scope, key)
    const before = this.#cache.get(name) ?? this.#header(tableKey)
    const staged: StagedRecord = { key: tableKey, before, version: before?.version ?? 0, after: undefined }
    this.#records.set(name, staged)
    return staged
  }

  #header(key: RecordTableKey): RecordHeader | undefined {
    const bytes = this.tables.records.getBinaryFast(key)
    return bytes === undefined ? undefined : decodeHeader(bytes)
  }

  #put({ key, before, after }: StagedRecord): void {
    const { records, open } = this.tables
    if (after !== undefined) records.putSync(key, this.#encoder.encodeRecord(after, after.text))
    else if (before !== undefined) records.removeSync(key)
    const wasOpen = before?.isOpen ?? false
    const isOpen = after?.isOpen ?? false
    if (isOpen && !wasOpen) open.putSync(key, ONE_BYTE)
    if (wasOpen && !isOpen) open.removeSync(key)
  }
}

function nameOf(scope: Scope, { kind, id }: RecordKey): string {
  return `${scope}/${kind}/${id}`
}
