import type { TaskRecord } from '#domain/model/task-record.ts'
import type { RecordKind, StoredRecord } from '#domain/ports/records.ts'
import type { ListRequest } from '#domain/ports/swarm-store.ts'
import { HONEST, type Variant } from '../simulator/variant.ts'

/** After a takeover each attempt has all of its `timeoutMs` again. */
export const TIME_BEGINS_ANEW: Variant = {
  ...HONEST,
  store: (store) => ({
    ...store,
    list: async <K extends RecordKind>(request: ListRequest<K>) => {
      const records = await store.list(request)
      return records.map((record) => (record.key.kind === 'task' ? withoutTimeUsed(record) : record))
    },
  }),
}

function withoutTimeUsed<K extends RecordKind>(record: StoredRecord<K>): StoredRecord<K> {
  const task = record.value as TaskRecord
  if (task.lease === undefined) return record
  const { usedMs: _, usedAt: __, ...lease } = task.lease
  const { assignedAt: ___, ...rest } = task
  return { ...record, value: { ...rest, lease } } as StoredRecord<K>
}
