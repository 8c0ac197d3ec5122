import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { MemoryKey, MemoryNamespace } from './memory.ts'
import { closedObject } from './schema.ts'

export const MemoryRef = closedObject(
  { namespace: MemoryNamespace, key: MemoryKey },
  { title: 'MemoryRef', description: 'Names a record of the memory.' },
)
export type MemoryRef = Static<typeof MemoryRef>

export const MemoryRefs = Type.Optional(
  Type.Array(MemoryRef, {
    maxItems: LIMITS.memoryRefsMax,
    description:
      'Records of the memory that the task needs. The agent reads them when it wants them, under its own access; the swarm does not look whether they exist.',
  }),
)
