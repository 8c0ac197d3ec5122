import type { AgentId, TaskId } from '../ids.ts'

/** A change of one record of the shared memory. */
export interface MemoryChanged {
  readonly namespace: string
  readonly key: string
  readonly version: number
  readonly memoryType: 'value' | 'lww' | 'counter' | 'or_set'
  readonly tags: readonly string[]
  readonly bytes: number
  readonly agentId?: AgentId
  readonly client?: string
  readonly taskId?: TaskId
  readonly sourceEvent?: number
  /** The namespace is open to some readers only: key and tags are not shown in the log. */
  readonly isRestricted?: boolean
}

type Grantee = 'agent' | 'viewer' | 'submitter' | 'operator' | 'admin'

/** Events of the shared memory. */
export interface MemoryEvents {
  'memory.put': MemoryChanged
  'memory.deleted': MemoryChanged
  'memory.expired': MemoryChanged
  'memory.namespace_declared': {
    readonly namespace: string
    readonly readers: readonly Grantee[]
    readonly writers: readonly Grantee[]
  }
}
