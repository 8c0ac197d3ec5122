import type { FastifyInstance } from 'fastify'
import { MEMORY_OPERATIONS } from '#contract/operations/memory-operations.ts'
import { readTime } from '#contract/read-time.ts'
import type { SearchRequest } from '#domain/intelligence/memory/memory-service.ts'
import { epochMs } from '#domain/model/ids.ts'
import { invalidField } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { memorySearchText } from '../views/memory-view.ts'
import { memoryOf } from './memory-caller.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

const CONTEXT_WEIGHT = 0.5
const COUNT = 10

export function memorySearchRoute(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { searchMemory } = MEMORY_OPERATIONS

  routeOperation(app, searchMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const {
      contextWeight = CONTEXT_WEIGHT,
      countMax = COUNT,
      includeValues = false,
      from,
      to,
      ...rest
    } = request.body
    if (rest.text === undefined && rest.vector === undefined)
      throw invalidField('body', '/text', 'is missing, and so is a vector')
    const search: SearchRequest = {
      ...rest,
      caller,
      contextWeight,
      countMax,
      hasValues: includeValues,
      ...(from === undefined ? {} : { fromMs: epochMs(readTime(from) ?? 0) }),
      ...(to === undefined ? {} : { toMs: epochMs(readTime(to) ?? 0) }),
    }
    return sendJsonText(reply, memorySearchText(await swarm.service.memory.search(search)))
  })
}
