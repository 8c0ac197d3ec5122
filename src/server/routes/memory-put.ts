import type { MemoryBatchPut } from '#contract/memory.ts'
import type { MemoryPut } from '#domain/intelligence/memory/memory-service.ts'
import { taskId } from '#domain/model/ids.ts'
import { opaqueText } from '../input/opaque-json.ts'

/** A record to write, as the domain takes it. @throws RequestError `payload_too_large` */
export function memoryPutOf({
  value,
  taskId: task,
  ifVersion,
  ...rest
}: MemoryBatchPut['records'][number]): MemoryPut {
  return {
    ...rest,
    value: opaqueText(value, 'value'),
    ...(task === undefined ? {} : { taskId: taskId(task) }),
    ...(ifVersion === undefined ? {} : { expectedVersion: ifVersion }),
  }
}
