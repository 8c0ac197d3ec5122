import type { CrdtLimits } from './crdt/crdt-fault.ts'
import type { NamespaceDefaults } from './memory-namespace.ts'

export interface MemoryOptions extends CrdtLimits {
  /** Earlier versions kept of each record. */
  readonly memoryVersionsMax: number
  readonly memoryNamespacesMax: number
  /** Of a namespace that declares no limits of its own, and the most that one may declare. */
  readonly memoryDefaults: NamespaceDefaults
  /** Bytes of memory of all swarms of a tenant. */
  readonly memoryTenantBytesMax: number
  /** UTF-8 bytes of a replicated record's state. */
  readonly memoryStateBytesMax: number
  /** How far ahead of the server's clock the stamp of a replica may be, in milliseconds. */
  readonly memoryClockAheadMsMax: number
  /** How long a search waits for an index that is being rebuilt, in milliseconds. */
  readonly memoryRebuildWaitMs: number
}

export const MEMORY_DEFAULTS: MemoryOptions = {
  memoryVersionsMax: 10,
  memoryNamespacesMax: 1_000,
  memoryDefaults: { recordsMax: 1_000_000, bytesMax: 1024 ** 3 },
  memoryTenantBytesMax: 8 * 1024 ** 3,
  memoryStateBytesMax: 256 * 1024,
  memoryClockAheadMsMax: 86_400_000,
  memoryRebuildWaitMs: 2_000,
  replicasMax: 1_000,
  earlyMax: 1_000,
}
