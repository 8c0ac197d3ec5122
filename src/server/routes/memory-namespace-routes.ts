import type { FastifyInstance } from 'fastify'
import { LIMITS } from '#contract/limits.ts'
import { MEMORY_OPERATIONS } from '#contract/operations/memory-operations.ts'
import type { MemoryPage } from '#domain/intelligence/memory/memory-reader.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { memoryEntryText, memoryListText, memoryRecordText, namespaceView } from '../views/memory-view.ts'
import { memoryOf } from './memory-caller.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

export interface MemoryNamespaceRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
}

/** Namespaces, and the lists of their records. */
export function memoryNamespaceRoutes(
  app: FastifyInstance,
  { swarms, pageTokens }: MemoryNamespaceRoutesModules,
): void {
  const { listNamespaces, declareNamespace, listMemory } = MEMORY_OPERATIONS

  routeOperation(app, listNamespaces, async (request) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const records = await swarm.memory.namespaces(caller)
    return { namespaces: records.map((record) => namespaceView(record, swarm.memory.settingsOf(record))) }
  })

  routeOperation(app, declareNamespace, async (request) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace } = request.params
    const record = await swarm.service.memory.declare({ namespace, caller, settings: request.body })
    return namespaceView(record, swarm.memory.settingsOf(record))
  })

  routeOperation(app, listMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace } = request.params
    const { pageSize, pageToken, includeValues, prefix, tag } = request.query
    const list = ['memory', callerOf(request).tenant, request.params.swarmId, namespace, prefix, tag]
    const after = pageTokens.redeem(pageToken, list)
    const listed = await swarm.memory.list({
      namespace,
      caller,
      pageSize,
      ...(prefix === undefined ? {} : { prefix }),
      ...(tag === undefined ? {} : { tag }),
      ...(after === undefined ? {} : { after }),
    })
    const page = includeValues ? withinBytes(listed) : listed
    const keys = page.records.map(({ key }) => key)
    const items = includeValues
      ? (await swarm.memory.getMany(namespace, keys, caller)).flatMap((entry) =>
          entry === undefined ? [] : [memoryEntryText(entry)],
        )
      : page.records.map(memoryRecordText)
    const nextPageToken = page.next === undefined ? undefined : pageTokens.issue(page.next, list)
    return sendJsonText(reply, memoryListText('records', items, { nextPageToken }))
  })
}

/** The beginning of a page, so long that the values are few megabytes; at least one record. */
function withinBytes({ records, next }: MemoryPage): MemoryPage {
  let bytes = 0
  const over = records.findIndex((record) => (bytes += record.bytes) > LIMITS.memoryPageBytes)
  if (over < 0) return { records, next }
  const kept = records.slice(0, Math.max(1, over))
  return { records: kept, next: kept.at(-1)?.key }
}
