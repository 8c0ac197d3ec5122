import type { FastifyInstance } from 'fastify'
import type { MemoryOperation as OperationBody } from '#contract/memory.ts'
import { MEMORY_OPERATIONS } from '#contract/operations/memory-operations.ts'
import type { CrdtState } from '#domain/intelligence/memory/crdt/crdt.ts'
import type { MemoryMerge, MemoryOperation } from '#domain/intelligence/memory/memory-service.ts'
import { assertNever } from '#domain/model/errors.ts'
import { taskId } from '#domain/model/ids.ts'
import { opaqueText } from '../input/opaque-json.ts'
import { invalidField } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { memoryEntryText, memoryListText } from '../views/memory-view.ts'
import { etagOf } from './etag.ts'
import { memoryOf } from './memory-caller.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

/** Replicated records: states that replicas send, and operations of writers that are no replicas. */
export function memoryReplicaRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { mergeMemory, operateMemory } = MEMORY_OPERATIONS

  routeOperation(app, mergeMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace } = request.params
    const merges = request.body.records.map(
      ({ state, taskId: task, ...rest }): MemoryMerge => ({
        ...rest,
        state: checkedState(state as CrdtState),
        ...(task === undefined ? {} : { taskId: taskId(task) }),
      }),
    )
    const entries = await swarm.service.memory.merge({ namespace, caller, merges })
    return sendJsonText(reply, memoryListText('records', entries.map(memoryEntryText)))
  })

  routeOperation(app, operateMemory, async (request, reply) => {
    const { swarm, caller } = await memoryOf(swarms, request)
    const { namespace, key } = request.params
    const { tags, taskId: task } = request.body
    const entry = await swarm.service.memory.operate({
      namespace,
      caller,
      key,
      operation: operationOf(request.body),
      ...(tags === undefined ? {} : { tags }),
      ...(task === undefined ? {} : { taskId: taskId(task) }),
    })
    reply.header('etag', etagOf(entry.record.version))
    return sendJsonText(reply, memoryEntryText(entry))
  })
}

/** The value of a register travels as JSON text within JSON, and is relayed as what it says. */
function checkedState(state: CrdtState): CrdtState {
  if (state.type !== 'lww') return state
  try {
    JSON.parse(state.value)
  } catch {
    throw invalidField('body', '/records', 'holds a register whose value is not JSON text')
  }
  return state
}

function operationOf({
  type,
  value,
  stamp,
  replica,
  n,
  amount,
  add,
  remove,
}: OperationBody): MemoryOperation {
  switch (type) {
    case 'lww':
      if (value === undefined) throw missing('value', type)
      return { type, value: opaqueText(value, 'value'), ...(stamp === undefined ? {} : { stamp }) }
    case 'counter':
      if (replica === undefined) throw missing('replica', type)
      if (n === undefined) throw missing('n', type)
      if (amount === undefined) throw missing('amount', type)
      return { type, replica, n, amount }
    case 'or_set':
      return { type, ...(add === undefined ? {} : { add }), ...(remove === undefined ? {} : { remove }) }
    default:
      return assertNever(type)
  }
}

function missing(field: string, type: string): Error {
  return invalidField('body', `/${field}`, `is missing; an operation on a record of type ${type} needs it`)
}
