import type { TaskId } from '../model/ids.ts'
import { TASK_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskRecord } from '../model/task-record.ts'
import { put, type RecordWrite } from '../ports/records.ts'
import type { Step } from '../ports/swarm-store.ts'
import type { TaskChange } from './task-machine.ts'

/** The key of a task's record. */
export const taskKey = (taskId: TaskId): { readonly kind: typeof TASK_RECORDS; readonly id: TaskId } => ({
  kind: TASK_RECORDS,
  id: taskId,
})

export function putTask(task: TaskRecord): RecordWrite<TaskRecord> {
  return put(TASK_RECORDS, task.taskId, task, { isOpen: !isTerminal(task.status) })
}

/** The step that makes a task's transition durable, with more writes beside it where there are any. */
export function taskStep<T>(change: TaskChange, result: T, more: readonly RecordWrite[] = []): Step<T> {
  const { task, events, ready, settled = [] } = change
  return { writes: [putTask(task), ...more], events, ready, settled, result }
}
