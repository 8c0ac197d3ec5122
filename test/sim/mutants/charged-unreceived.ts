import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { RecordKey, RecordWrite } from '#domain/ports/records.ts'
import type { RecordsOf, StepRequest } from '#domain/ports/swarm-store.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** Takes every assignment for received as soon as it is written. */
export const CHARGED_UNRECEIVED: Variant = {
  ...HONEST,
  store: (store) => ({
    ...store,
    transact: <const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>) =>
      store.transact({
        ...request,
        decide: (records: RecordsOf<Keys>) => {
          const step = request.decide(records)
          return { ...step, writes: step.writes.map(asReceived) }
        },
      }),
  }),
}

function asReceived(write: RecordWrite): RecordWrite {
  const task = write.key.kind === TASK_RECORDS ? (write.value as TaskRecord | undefined) : undefined
  if (task?.lease === undefined) return write
  return { ...write, value: { ...task, lease: { ...task.lease, isReceived: true } } }
}
