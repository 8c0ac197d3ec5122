import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { isTerminal, type TaskRecord } from '#domain/model/task-record.ts'
import type { RecordKey, StoredRecord } from '#domain/ports/records.ts'
import type { RecordsOf, StepRequest } from '#domain/ports/swarm-store.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

const FORGETS_AFTER_MS = 500

/** Forgets each finished task after a while, also one that an open task refers to. */
export const FORGETS_WHAT_IS_NEEDED: Variant = {
  ...HONEST,
  store: (store) => ({
    ...store,
    transact: <const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>) =>
      store.transact({
        ...request,
        decide: (records: RecordsOf<Keys>) => {
          const found: readonly (StoredRecord | undefined)[] = records
          const newest = Math.max(0, ...found.map(finishedAt))
          const kept = found.map((record) =>
            record !== undefined && isFinished(record) && finishedAt(record) < newest - FORGETS_AFTER_MS
              ? undefined
              : record,
          )
          return request.decide(kept as unknown as RecordsOf<Keys>)
        },
      }),
  }),
}

function isFinished(record: StoredRecord): boolean {
  return record.key.kind === TASK_RECORDS && isTerminal((record as StoredRecord<TaskRecord>).value.status)
}

function finishedAt(record: StoredRecord | undefined): number {
  return record?.key.kind === TASK_RECORDS ? ((record as StoredRecord<TaskRecord>).value.finishedAt ?? 0) : 0
}
