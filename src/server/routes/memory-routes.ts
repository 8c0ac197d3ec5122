import type { FastifyInstance } from 'fastify'
import { MEMORY_OPERATIONS } from '#contract/operations/memory-operations.ts'
import type { Swarms } from '../swarms.ts'
import { memoryEntryText, memoryListText } from '../views/memory-view.ts'
import { etagOf, expectedVersion } from './etag.ts'
import { memoryOf } from './memory-caller.ts'
import { memoryPutOf } from './memory-put.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

/** Records, one at a time. */
export function memoryRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { putMemory, getMemory, deleteMemory, getMemoryHistory } = MEMORY_OPERATIONS

  routeOperation(app, putMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace, key } = request.params
    const isNew = request.headers['if-none-match'] !== undefined
    const expected = isNew ? { expectedVersion: 0 } : expectedVersion(request.headers)
    const put = { ...memoryPutOf({ key, ...request.body }), ...expected }
    const [record] = await swarm.service.memory.put({ namespace, caller, puts: [put] })
    if (record === undefined) throw new Error('a write answers with its record')
    reply.header('etag', etagOf(record.version))
    return sendJsonText(reply, memoryEntryText({ record, content: put.value }))
  })

  routeOperation(app, getMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace, key } = request.params
    const entry = await swarm.memory.get(namespace, key, caller)
    reply.header('etag', etagOf(entry.record.version))
    return sendJsonText(reply, memoryEntryText(entry))
  })

  routeOperation(app, deleteMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace, key } = request.params
    const expected = expectedVersion(request.headers)
    await swarm.service.memory.delete({ namespace, caller, keys: [key], ...expected })
    return reply.code(204).send()
  })

  routeOperation(app, getMemoryHistory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace, key } = request.params
    const versions = await swarm.memory.history(namespace, key, caller)
    return sendJsonText(reply, memoryListText('versions', versions.map(memoryEntryText)))
  })
}
