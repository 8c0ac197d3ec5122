import type { Scope } from '#domain/model/ids.ts'
import { type RecordKind, timeIn } from '#domain/model/record-kind.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import { type LmdbTables, type RecordTableKey, recordKey } from './lmdb-tables.ts'
import { decodeHeader, decodeValue, isWholeRecord, recordName } from './record-codec.ts'

/** One record as the steps so far have left it, put or not. */
export interface RecordSlot {
  readonly key: RecordTableKey
  /** 0 where there is none. */
  version: number
  isOpen: boolean
  /** In the kind's index by time; undefined where it is not in one. */
  time: number | undefined
  /** Undefined where there is none, or nobody has asked for it yet. */
  value: unknown
  /** What is to be put; undefined where LMDB has it already. */
  text: string | undefined
  isStaged: boolean
  /** What LMDB has does not match its checksum, and nothing was staged over it. */
  isDamaged: boolean
  /** As LMDB has it. */
  isStored: boolean
  /** Undefined where nobody knows. */
  isStoredOpen: boolean | undefined
  /** In the index as LMDB has it. */
  storedTime: number | undefined
}

interface Shelf {
  young: Map<string, RecordSlot>
  old: Map<string, RecordSlot>
}

/** Characters kept in each of the two generations. */
const GENERATION_SIZE_MAX = 8 * 1_024 * 1_024
/** Longer values are read again from LMDB's pages, which the system caches already. */
const KEPT_TEXT_MAX = 8_192
/** What a slot costs beyond its text. */
const SLOT_SIZE = 300

/**
 * The records that steps have lately read and written. What a step writes stands here before it stands in LMDB, so
 * after a failure all of it has to go: see {@link clear}.
 *
 * Kept in two generations: what is asked for moves into the young one, and when that is full the old one goes in a
 * piece. It costs less than a list in the order of use, and forgets nearly the same.
 */
export class WorkingSet {
  readonly #tables: Pick<LmdbTables, 'records' | 'damage'>
  readonly #shelves = new Map<Scope, Map<RecordKind, Shelf>>()
  #youngSize = 0

  constructor(tables: Pick<LmdbTables, 'records' | 'damage'>) {
    this.#tables = tables
  }

  /** The record's one slot. To be used inside a transaction, and not beyond the next {@link forgetOldest}. */
  slot(scope: Scope, key: RecordKey): RecordSlot {
    const { young, old } = this.#shelf(scope, key.kind)
    const present = young.get(key.id)
    if (present !== undefined) return present
    const slot = old.get(key.id) ?? this.#load(scope, key)
    young.set(key.id, slot)
    this.#youngSize += SLOT_SIZE
    return slot
  }

  /** @param key the one that the slot was asked for with */
  value<V>(slot: RecordSlot, key: RecordKey<V>): V | undefined {
    if (slot.value !== undefined || slot.version === 0) return slot.value as V | undefined
    const bytes = this.#tables.records.getBinaryFast(slot.key)
    if (bytes === undefined || !isWholeRecord(recordName(slot.key), bytes))
      throw this.#tables.damage.found(...slot.key)
    slot.value = decodeValue(key, bytes)
    this.#youngSize += bytes.length
    return slot.value as V
  }

  /** The slot's text has been put. */
  settle(slot: RecordSlot): void {
    const size = slot.text?.length ?? 0
    if (size > KEPT_TEXT_MAX) slot.value = undefined
    else this.#youngSize += size
    slot.text = undefined
    slot.isStaged = false
    slot.isStored = slot.version > 0
    slot.isStoredOpen = slot.isOpen
    slot.storedTime = slot.time
  }

  /** Only between transactions: a staged slot must not be loaded a second time. */
  forgetOldest(): void {
    if (this.#youngSize < GENERATION_SIZE_MAX) return
    this.#youngSize = 0
    for (const [scope, shelves] of this.#shelves) {
      for (const [kind, shelf] of shelves) {
        shelf.old = shelf.young
        shelf.young = new Map()
        if (shelf.old.size === 0) shelves.delete(kind)
      }
      if (shelves.size === 0) this.#shelves.delete(scope)
    }
  }

  /** Forgets everything, also what was staged. */
  clear(): void {
    this.#shelves.clear()
    this.#youngSize = 0
  }

  #shelf(scope: Scope, kind: RecordKind): Shelf {
    let shelves = this.#shelves.get(scope)
    if (shelves === undefined) {
      shelves = new Map()
      this.#shelves.set(scope, shelves)
    }
    let shelf = shelves.get(kind)
    if (shelf === undefined) {
      shelf = { young: new Map(), old: new Map() }
      shelves.set(kind, shelf)
    }
    return shelf
  }

  #load(scope: Scope, record: RecordKey): RecordSlot {
    const key = recordKey(scope, record)
    const bytes = this.#tables.records.getBinaryFast(key)
    const isDamaged = bytes !== undefined && !isWholeRecord(recordName(key), bytes)
    const isReadable = bytes !== undefined && !isDamaged
    const { version, isOpen } = isReadable ? decodeHeader(bytes) : { version: 0, isOpen: false }
    const isTimed = isReadable && record.kind.timeOf !== undefined
    const time = isTimed ? timeIn(record.kind, decodeValue(record, bytes)) : undefined
    return {
      key,
      version,
      isOpen,
      value: undefined,
      text: undefined,
      isStaged: false,
      isDamaged,
      isStored: bytes !== undefined,
      isStoredOpen: isDamaged ? undefined : isOpen,
      time,
      storedTime: time,
    }
  }
}
