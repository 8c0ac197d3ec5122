import type { EpochMs, JsonText, TaskId } from '../../model/ids.ts'
import type { CrdtState } from './crdt/crdt.ts'
import type { HybridStamp } from './crdt/hybrid-clock.ts'
import type { MemoryCaller, NamespaceRecord, NamespaceSettings } from './memory-namespace.ts'
import type { MemoryRecord, MemorySequence } from './memory-record.ts'
import type { TermScore } from './search/index-record.ts'

/** One record to write in the place of what stands under its key. */
export interface MemoryPut {
  readonly key: string
  readonly value: JsonText
  readonly tags?: readonly string[]
  /** The record is gone after this time, in milliseconds. It stays where left out. */
  readonly ttlMs?: number
  readonly taskId?: TaskId
  readonly sourceEvent?: number
  readonly sequence?: Omit<MemorySequence, 'position'> & { readonly position?: number }
  readonly embedding?: readonly number[]
  /** Refuse with `version_conflict` where another version stands; 0 where any does. */
  readonly expectedVersion?: number
}

/** A change of a replicated record. Repeating it changes nothing. */
export interface MemoryMerge {
  readonly key: string
  /** A whole state or a part of one. */
  readonly state: CrdtState
  readonly tags?: readonly string[]
  readonly taskId?: TaskId
}

/** A change of a replicated record by a writer that keeps no state of it. */
export type MemoryOperation =
  | { readonly type: 'lww'; readonly value: JsonText; readonly stamp?: HybridStamp }
  | { readonly type: 'counter'; readonly replica: string; readonly n: number; readonly amount: number }
  | { readonly type: 'or_set'; readonly add?: readonly string[]; readonly remove?: readonly string[] }

interface MemoryRequest {
  readonly namespace: string
  readonly caller: MemoryCaller
}

export interface PutRequest extends MemoryRequest {
  /** 1 to 500 with different keys: all of them or none. */
  readonly puts: readonly MemoryPut[]
}

export interface MergeRequest extends MemoryRequest {
  /** 1 to 500 with different keys: all of them or none. */
  readonly merges: readonly MemoryMerge[]
}

export interface OperateRequest extends MemoryRequest {
  readonly key: string
  readonly operation: MemoryOperation
  readonly tags?: readonly string[]
  readonly taskId?: TaskId
}

export interface DeleteRequest extends MemoryRequest {
  /** 1 to 500 with different keys: all of them or none. Keys without a record are passed over. */
  readonly keys: readonly string[]
  /** For one key: refuse with `version_conflict` where another version stands. */
  readonly expectedVersion?: number
}

export interface DeclareRequest extends MemoryRequest {
  readonly settings: Partial<NamespaceSettings>
}

export interface SearchRequest {
  readonly caller: MemoryCaller
  /** All that the caller may read where left out. */
  readonly namespaces?: readonly string[]
  readonly text?: string
  readonly vector?: readonly number[]
  readonly tags?: readonly string[]
  readonly author?: string
  readonly fromMs?: EpochMs
  readonly toMs?: EpochMs
  /** How much the words of the records before and after count, 0 to 1. */
  readonly contextWeight: number
  readonly countMax: number
  /** Give the values out, beside the snippets. */
  readonly hasValues: boolean
}

export interface SearchHit {
  readonly record: MemoryRecord
  readonly value?: JsonText
  readonly score: number
  readonly snippet: { readonly text: string; readonly matches: readonly (readonly [number, number])[] }
  readonly lexical?: { readonly rank: number; readonly score: number; readonly terms: readonly TermScore[] }
  readonly vector?: { readonly rank: number; readonly similarity: number }
}

export interface SearchReply {
  readonly hits: readonly SearchHit[]
  /** False while the index is being rebuilt: records written before the rebuild may be missing. */
  readonly isComplete: boolean
}

/** A record with its value, or with its state where it is replicated. */
export interface MemoryEntry {
  readonly record: MemoryRecord
  readonly content: JsonText
}

/**
 * What the swarm remembers together. A write is answered when it is durable, and found by every search that begins after.
 *
 * All methods may throw `memory_forbidden` and `memory_invalid`; those that write `limit_exceeded`.
 */
export interface MemoryService {
  /** @throws `version_conflict` */
  put(request: PutRequest): Promise<readonly MemoryRecord[]>
  /** @throws `memory_type_conflict` where a record is of another type */
  merge(request: MergeRequest): Promise<readonly MemoryEntry[]>
  /** @throws `memory_type_conflict` */
  operate(request: OperateRequest): Promise<MemoryEntry>
  /** @returns how many records there were. @throws `version_conflict` */
  delete(request: DeleteRequest): Promise<number>
  /** Settings that are left out keep what they are. */
  declare(request: DeclareRequest): Promise<NamespaceRecord>
  search(request: SearchRequest): Promise<SearchReply>
}
