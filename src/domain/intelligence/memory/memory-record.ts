import { type AgentId, type EpochMs, type JsonText, jsonText, type TaskId } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'
import type { RecordKey } from '../../ports/records.ts'
import type { CrdtType } from './crdt/crdt.ts'
import { encodeKey } from './memory-key.ts'

/** `value`: JSON that one writer replaces; the others are merged. */
export type MemoryType = 'value' | CrdtType

/** Where a version comes from. */
export interface Provenance {
  /** The agent that wrote it; left out where a client did. */
  readonly agentId?: AgentId
  /** The API key that wrote it, where a client did. */
  readonly client?: string
  /** The task in whose course it was written, as the writer says. */
  readonly taskId?: TaskId
  /** The number of the event that it follows from, as the writer says. */
  readonly sourceEvent?: number
}

/** All of a record but its value. */
export interface MemoryRecord {
  readonly format: 1
  readonly namespace: string
  readonly key: string
  readonly type: MemoryType
  /** Greater than that of every earlier version of the key, removed ones included. */
  readonly version: number
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
  /** Not given out from this time on. */
  readonly expiresAt?: EpochMs
  readonly tags: readonly string[]
  /** The place in a sequence of records, such as the turns of a conversation. */
  readonly sequence?: MemorySequence
  readonly provenance: Provenance
  /** UTF-8 bytes of the key and of all that is kept of the newest version. */
  readonly bytes: number
  readonly hasEmbedding: boolean
}

export interface MemorySequence {
  readonly name: string
  /** Records stand in ascending order. */
  readonly position: number
}

/** An earlier version. */
export interface MemoryVersion {
  readonly record: MemoryRecord
  readonly content: JsonText
}

export const MEMORY_RECORDS = recordKind<MemoryRecord>('memory')

/** What is kept of a version beside the record: the value as it was sent, or the state of a replicated record. */
export interface MemoryContent {
  /** That of the record it belongs to: two reads may find one before and one after a write. */
  readonly version: number
  readonly text: JsonText
}

/** Under {@link memoryId}. */
export const MEMORY_CONTENT_RECORDS = recordKind<MemoryContent>('memory_content', {
  codec: {
    encode: ({ version, text }) => `${version} ${text}`,
    decode: (stored) => {
      const space = stored.indexOf(' ')
      return { version: Number(stored.slice(0, space)), text: jsonText(stored.slice(space + 1)) }
    },
  },
  isListed: false,
  isCached: false,
})

/** The embedding as a JSON list of numbers, under {@link memoryId}. */
export const MEMORY_EMBEDDING_RECORDS = recordKind<readonly number[]>('memory_embedding', {
  isListed: false,
  isCached: false,
})

/** Under {@link versionKey}: the places are used in turn, so that the oldest version is written over. */
export const MEMORY_VERSION_RECORDS = recordKind<MemoryVersion>('memory_version', {
  isListed: false,
  isCached: false,
})

/** Sorts the records of a namespace together, those of a common prefix side by side. */
export function memoryId(namespace: string, key: string): string {
  return `${namespace}:${encodeKey(key)}`
}

export function versionKey(id: string, version: number, versionsMax: number): RecordKey<MemoryVersion> {
  return { kind: MEMORY_VERSION_RECORDS, id: `${id}:${version % versionsMax}` }
}

export function isExpiredRecord({ expiresAt }: Pick<MemoryRecord, 'expiresAt'>, now: EpochMs): boolean {
  return expiresAt !== undefined && expiresAt <= now
}
