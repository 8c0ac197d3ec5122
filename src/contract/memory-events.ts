import { Type } from '@sinclair/typebox'
import { eventData as data } from './event-data.ts'
import { MemoryKey, MemoryNamespace, MemoryType, Tags } from './memory.ts'
import { Grantees } from './memory-namespace.ts'
import { AgentId, Count, TaskId } from './scalars.ts'
import { annotate } from './schema.ts'

const memoryChange = {
  namespace: MemoryNamespace,
  key: Type.Optional(
    annotate(MemoryKey, {
      description: 'Left out where not all who read the swarm may read the namespace, as are the tags.',
    }),
  ),
  version: Count('The version that was written or removed.'),
  memoryType: MemoryType,
  tags: Type.Optional(Tags),
  bytes: Count('UTF-8 bytes of the record.'),
  agentId: Type.Optional(annotate(AgentId, { description: 'The agent that did it.' })),
  client: Type.Optional(Type.String({ maxLength: 200, description: 'The API key that did it.' })),
  taskId: Type.Optional(TaskId),
  sourceEvent: Type.Optional(Count('The event that the record follows from.')),
  isRestricted: Type.Optional(
    Type.Boolean({ description: 'Whether the namespace is open to some readers only.' }),
  ),
}

/** What the events of the memory carry. */
export const MEMORY_EVENT_DATA = {
  'memory.put': data('MemoryPutData', 'A record was written or merged.', memoryChange),
  'memory.deleted': data('MemoryDeletedData', 'A record was deleted.', memoryChange),
  'memory.expired': data('MemoryExpiredData', 'A record has expired and was removed.', memoryChange),
  'memory.namespace_declared': data('MemoryNamespaceDeclaredData', 'A namespace was declared.', {
    namespace: MemoryNamespace,
    readers: Grantees('Who reads it.'),
    writers: Grantees('Who writes it.'),
  }),
} as const
