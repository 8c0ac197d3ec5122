import type { SwarmEvent } from '#domain/model/events.ts'
import type { Scope } from '#domain/model/ids.ts'
import { timeIn } from '#domain/model/record-kind.ts'
import type { RecordKey, RecordWrite, StoredRecord } from '#domain/ports/records.ts'
import type { BatchRoom } from './batch-room.ts'
import { type LmdbTables, timeKey } from './lmdb-tables.ts'
import { eventName, metaName, openName, recordName, type ScratchEncoder } from './record-codec.ts'
import { readScopeState, type ScopeState } from './scope-ledger.ts'
import type { RecordSlot, WorkingSet } from './working-set.ts'

export interface BatchModules {
  readonly tables: LmdbTables
  readonly records: WorkingSet
  readonly encoder: ScratchEncoder
  readonly room: BatchRoom
}

interface StagedScope {
  state: ScopeState
  isChanged: boolean
}

/**
 * The steps of one LMDB transaction. They run one after another, each seeing what those before it left, and nothing
 * is put until all have run; so a step that throws while it decides leaves nothing behind, and a record that changes
 * twice is put once. Lives only inside the transaction's callback.
 */
export class Batch {
  readonly tables: LmdbTables
  readonly #records: WorkingSet
  readonly #encoder: ScratchEncoder
  readonly #room: BatchRoom
  readonly #slots: RecordSlot[] = []
  readonly #scopes = new Map<Scope, StagedScope>()
  readonly #events: { readonly scope: Scope; readonly sequence: number; readonly text: string }[] = []
  #textSize = 0
  #isTouched = false

  constructor({ tables, records, encoder, room }: BatchModules) {
    this.tables = tables
    this.#records = records
    this.#encoder = encoder
    this.#room = room
  }

  /** Characters to be written so far. */
  get textSize(): number {
    return this.#textSize
  }

  get isChanged(): boolean {
    if (this.#isTouched || this.#slots.length > 0 || this.#events.length > 0) return true
    return [...this.#scopes.values()].some(({ isChanged }) => isChanged)
  }

  read<V>(scope: Scope, key: RecordKey<V>): StoredRecord<V> | undefined {
    const slot = this.#records.slot(scope, key)
    if (slot.isDamaged) throw this.tables.damage.found(...slot.key)
    if (slot.version === 0) return undefined
    return { key, version: slot.version, value: this.#records.value(slot, key) as V }
  }

  /** To be called before a job stages anything. @throws RoomShortage where the file has no room for it yet */
  claimRoom(keys: number, characters: number): void {
    this.#room.claim(keys, characters)
  }

  /** @param text what the value will be stored as; undefined for a removal */
  write(scope: Scope, { key, value, isOpen }: RecordWrite, text: string | undefined): void {
    const slot = this.#records.slot(scope, key)
    if (!slot.isStaged) {
      slot.isStaged = true
      this.#slots.push(slot)
    }
    slot.version = text === undefined ? 0 : slot.version + 1
    slot.isOpen = text !== undefined && isOpen
    slot.time = timeIn(key.kind, value)
    slot.value = value
    slot.text = text
    slot.isDamaged = false
    this.#textSize += text?.length ?? 0
  }

  append(scope: Scope, { sequence }: SwarmEvent, text: string): void {
    this.#events.push({ scope, sequence, text })
    this.#textSize += text.length
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

  /** For jobs that change the tables themselves: forgets what is known of them. @param keys how many they remove */
  touch(keys: number): void {
    this.claimRoom(keys, 0)
    this.#isTouched = true
    this.#records.clear()
  }

  /** Puts everything. What it throws must abort the transaction. */
  apply(): void {
    for (const slot of this.#slots) {
      this.#put(slot)
      this.#records.settle(slot)
    }
    for (const { scope, sequence, text } of this.#events) {
      this.tables.events.putSync(
        [scope, sequence],
        this.#encoder.encodeText(eventName(scope, sequence), text),
      )
    }
    for (const [scope, { state, isChanged }] of this.#scopes) {
      if (!isChanged) continue
      const text = this.#encoder.encodeText(metaName(['scope', scope]), JSON.stringify(state))
      this.tables.meta.putSync(['scope', scope], text)
    }
  }

  #put(slot: RecordSlot): void {
    const { records, open } = this.tables
    const { key, text, isOpen, isStored, isStoredOpen, time, storedTime } = slot
    if (text !== undefined) records.putSync(key, this.#encoder.encodeRecord(recordName(key), slot, text))
    else if (isStored) records.removeSync(key)
    if (isOpen && isStoredOpen !== true) open.putSync(key, this.#encoder.encodeMark(openName(key)))
    if (!isOpen && isStoredOpen !== false) open.removeSync(key)
    if (time === storedTime) return
    if (storedTime !== undefined) open.removeSync(timeKey(key, storedTime))
    if (time !== undefined) {
      const entry = timeKey(key, time)
      open.putSync(entry, this.#encoder.encodeMark(openName(entry)))
    }
  }
}
