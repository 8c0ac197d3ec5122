import type { FastifyInstance } from 'fastify'
import { MEMORY_OPERATIONS } from '#contract/operations/memory-operations.ts'
import type { Swarms } from '../swarms.ts'
import { memoryEntryText, memoryListText, memoryRecordText } from '../views/memory-view.ts'
import { memoryOf } from './memory-caller.ts'
import { memoryPutOf } from './memory-put.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

/** Several records of one namespace at once. */
export function memoryBatchRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { putMemoryBatch, readMemoryBatch, deleteMemoryBatch } = MEMORY_OPERATIONS

  routeOperation(app, putMemoryBatch, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace } = request.params
    const puts = request.body.records.map(memoryPutOf)
    const records = await swarm.service.memory.put({ namespace, caller, puts })
    return sendJsonText(reply, memoryListText('records', records.map(memoryRecordText)))
  })

  routeOperation(app, readMemoryBatch, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { keys } = request.body
    const entries = await swarm.memory.getMany(request.params.namespace, keys, caller)
    const found = entries.filter((entry) => entry !== undefined)
    const missing = keys.filter((_, at) => entries[at] === undefined)
    return sendJsonText(reply, memoryListText('records', found.map(memoryEntryText), { missing }))
  })

  routeOperation(app, deleteMemoryBatch, async (request) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace } = request.params
    return { deletedCount: await swarm.service.memory.delete({ namespace, caller, keys: request.body.keys }) }
  })
}
