import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { StoredRecord } from '#domain/ports/records.ts'
import type { ListRequest } from '#domain/ports/swarm-store.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** After a takeover each attempt has all of its `timeoutMs` again. */
export const TIME_BEGINS_ANEW: Variant = {
  ...HONEST,
  store: (store) => ({
    ...store,
    list: async <V>(request: ListRequest<V>) => {
      const records = await store.list(request)
      return records.map((record) => (record.key.kind === TASK_RECORDS ? withoutTimeUsed(record) : record))
    },
  }),
}

function withoutTimeUsed<V>(record: StoredRecord<V>): StoredRecord<V> {
  const task = record.value as TaskRecord
  if (task.lease === undefined) return record
  const { usedMs: _, usedAt: __, ...lease } = task.lease
  const { assignedAt: ___, ...rest } = task
  return { ...record, value: { ...rest, lease } } as StoredRecord<V>
}
