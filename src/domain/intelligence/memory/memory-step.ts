import { SwarmError } from '../../model/errors.ts'
import type { EventDraft } from '../../model/events.ts'
import { eventDraft } from '../../model/events.ts'
import type { EpochMs, JsonText } from '../../model/ids.ts'
import { utf8Length } from '../../model/utf8-length.ts'
import { put, type RecordKey, type RecordWrite, remove, type StoredRecord } from '../../ports/records.ts'
import { type MemoryCaller, NAMESPACE_RECORDS, type NamespaceRecord } from './memory-namespace.ts'
import type { MemoryOptions } from './memory-options.ts'
import {
  isExpiredRecord,
  MEMORY_CONTENT_RECORDS,
  MEMORY_EMBEDDING_RECORDS,
  MEMORY_RECORDS,
  type MemoryContent,
  type MemoryRecord,
  memoryId,
  type Provenance,
  versionKey,
} from './memory-record.ts'

/** A record as a step finds it; undefined where there is none, or an expired one. */
export interface Standing {
  readonly record: MemoryRecord
  readonly content: JsonText
}

export interface NextVersion {
  readonly key: string
  readonly content: JsonText
  readonly fields: Pick<MemoryRecord, 'type' | 'tags' | 'provenance' | 'sequence' | 'expiresAt'>
  /** Undefined removes the embedding. */
  readonly embedding: readonly number[] | undefined
}

/** The keys that a step on these records reads: header and content of each in turn, behind the namespace. */
export function stepKeys(
  namespace: string,
  keys: readonly string[],
): readonly [RecordKey<NamespaceRecord>, ...RecordKey[]] {
  return [
    { kind: NAMESPACE_RECORDS, id: namespace },
    ...keys.flatMap((key) => {
      const id = memoryId(namespace, key)
      return [
        { kind: MEMORY_RECORDS, id },
        { kind: MEMORY_CONTENT_RECORDS, id },
      ]
    }),
  ]
}

/** Gathers the writes and events of one step on one namespace, and keeps its counts. */
export class MemoryStep {
  readonly events: EventDraft[] = []
  readonly now: EpochMs
  readonly #name: string
  /** By kind and id: of an expired record that is written again, the newer write counts. */
  readonly #writes = new Map<string, RecordWrite>()
  readonly #options: MemoryOptions
  readonly #isRestricted: boolean
  #namespace: NamespaceRecord

  constructor(
    namespace: NamespaceRecord,
    {
      now,
      options,
      isRestricted,
    }: { readonly now: EpochMs; readonly options: MemoryOptions; readonly isRestricted: boolean },
  ) {
    this.now = now
    this.#name = namespace.name
    this.#namespace = namespace
    this.#options = options
    this.#isRestricted = isRestricted
  }

  get writes(): readonly RecordWrite[] {
    return [...this.#writes.values()]
  }

  get namespace(): NamespaceRecord {
    return this.#namespace
  }

  /** What stands, from the pair that {@link stepKeys} reads. An expired record is removed on the way. */
  standing(header: StoredRecord | undefined, content: StoredRecord | undefined): Standing | undefined {
    if (header === undefined || content === undefined) return undefined
    const record = header.value as MemoryRecord
    if (!isExpiredRecord(record, this.now)) return { record, content: (content.value as MemoryContent).text }
    this.remove(record, 'memory.expired')
    return undefined
  }

  /** Writes the next version and puts the standing one into the history. */
  write(standing: Standing | undefined, { key, content, fields, embedding }: NextVersion): MemoryRecord {
    const id = memoryId(this.#name, key)
    const embeddingText = embedding === undefined ? 0 : embedding.length * 4
    const record: MemoryRecord = {
      format: 1,
      namespace: this.#name,
      key,
      version: (standing?.record.version ?? this.#namespace.versionFloor) + 1,
      createdAt: standing?.record.createdAt ?? this.now,
      updatedAt: this.now,
      bytes: utf8Length(key) + utf8Length(content) + embeddingText,
      hasEmbedding: embedding !== undefined,
      ...fields,
    }
    if (standing !== undefined) {
      const slot = versionKey(id, standing.record.version, this.#options.memoryVersionsMax)
      this.#add(put(slot.kind, slot.id, { record: standing.record, content: standing.content }))
    }
    this.#add(
      put(MEMORY_RECORDS, id, record),
      put(MEMORY_CONTENT_RECORDS, id, { version: record.version, text: content }),
    )
    if (embedding !== undefined) this.#add(put(MEMORY_EMBEDDING_RECORDS, id, embedding))
    else if (standing?.record.hasEmbedding === true) this.#add(remove(MEMORY_EMBEDDING_RECORDS, id))
    this.#count(record, standing?.record)
    this.#tell('memory.put', record)
    return record
  }

  /** Removes a record and its history. */
  remove(record: MemoryRecord, type: 'memory.deleted' | 'memory.expired', by?: MemoryCaller): void {
    const id = memoryId(this.#name, record.key)
    const { memoryVersionsMax } = this.#options
    const versions = Math.min(memoryVersionsMax, record.version)
    this.#add(
      remove(MEMORY_RECORDS, id),
      remove(MEMORY_CONTENT_RECORDS, id),
      ...(record.hasEmbedding ? [remove(MEMORY_EMBEDDING_RECORDS, id)] : []),
      ...Array.from({ length: versions }, (_, back) => {
        const slot = versionKey(id, record.version - back, memoryVersionsMax)
        return remove(slot.kind, slot.id)
      }),
    )
    this.#namespace = {
      ...this.#namespace,
      recordCount: this.#namespace.recordCount - 1,
      byteCount: this.#namespace.byteCount - record.bytes,
      versionFloor: Math.max(this.#namespace.versionFloor, record.version),
    }
    this.#tell(type, by === undefined ? record : { ...record, provenance: provenanceOf(by, {}) })
  }

  setDimensions(dimensions: number): void {
    this.#namespace = { ...this.#namespace, dimensions }
  }

  /** The namespace's record goes last, with the counts of all that came before. */
  end(
    limits: { readonly recordsMax: number; readonly bytesMax: number },
    before: NamespaceRecord | undefined,
  ): void {
    const { recordCount, byteCount, name } = this.#namespace
    refuseExcess('memoryRecordsMax', recordCount, before?.recordCount ?? 0, limits.recordsMax)
    refuseExcess('memoryBytesMax', byteCount, before?.byteCount ?? 0, limits.bytesMax)
    if (this.#writes.size > 0) this.#add(put(NAMESPACE_RECORDS, name, this.#namespace))
  }

  /** The place of a record that names a sequence and no place: behind all that did so before. */
  nextPosition(): number {
    const positionCount = this.#namespace.positionCount + 1
    this.#namespace = { ...this.#namespace, positionCount }
    return positionCount
  }

  #add(...writes: readonly RecordWrite[]): void {
    for (const write of writes) this.#writes.set(`${write.key.kind.name} ${write.key.id}`, write)
  }

  #count(record: MemoryRecord, standing: MemoryRecord | undefined): void {
    this.#namespace = {
      ...this.#namespace,
      recordCount: this.#namespace.recordCount + (standing === undefined ? 1 : 0),
      byteCount: this.#namespace.byteCount + record.bytes - (standing?.bytes ?? 0),
    }
  }

  #tell(type: 'memory.put' | 'memory.deleted' | 'memory.expired', record: MemoryRecord): void {
    const { key, version, tags, bytes, provenance, type: memoryType } = record
    const data = {
      namespace: this.#name,
      key,
      version,
      memoryType,
      tags,
      bytes,
      ...provenance,
      ...(this.#isRestricted ? { isRestricted: true } : {}),
    }
    // Subjects show in every stream; the keys of a namespace that not all may read do not.
    const subject = this.#isRestricted ? this.#name : `${this.#name}/${key}`
    this.events.push(eventDraft(type, subject, this.now, data))
  }
}

export function provenanceOf(
  { agentId, client }: MemoryCaller,
  { taskId, sourceEvent }: Pick<Provenance, 'taskId' | 'sourceEvent'>,
): Provenance {
  return {
    ...(agentId === undefined ? {} : { agentId }),
    ...(client === undefined ? {} : { client }),
    ...(taskId === undefined ? {} : { taskId }),
    ...(sourceEvent === undefined ? {} : { sourceEvent }),
  }
}

/** What shrinks is always taken, also by a limit that was lowered below what there is. */
function refuseExcess(limitName: string, actual: number, before: number, limit: number): void {
  if (actual > limit && actual > before) throw new SwarmError('limit_exceeded', { limitName, limit, actual })
}
