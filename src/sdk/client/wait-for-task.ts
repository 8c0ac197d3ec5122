import type { TaskDetail, TaskStatus } from '#contract/index.ts'
import type { EventSubscription, SubscriptionOptions } from './event-subscription.ts'

/** The parts of the client that waiting needs. */
interface TaskSource {
  getTask(taskId: string, options: { readonly signal?: AbortSignal }): Promise<TaskDetail>
  readEvents(options: {
    readonly pageSize: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly lastSequence: number }>
  events(options: SubscriptionOptions): EventSubscription
}

const FINAL: readonly TaskStatus[] = ['completed', 'failed', 'canceled', 'rejected']

export async function waitForTask(
  source: TaskSource,
  taskId: string,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<TaskDetail> {
  const signal = limitOf(options)
  const isFinal = ({ status }: TaskDetail): boolean => FINAL.includes(status)
  const bySignal = signal === undefined ? {} : { signal }
  // The end of the log first and the task second: what happens in between is in the log after that end.
  const { lastSequence } = await source.readEvents({ pageSize: 1, ...bySignal })
  const before = await source.getTask(taskId, bySignal)
  if (isFinal(before)) return before
  const types = FINAL.map((status) => `amos.task.${status}`)
  const events = source.events({ since: String(lastSequence), subject: taskId, types, ...bySignal })
  for await (const item of events) {
    // A gap may have swallowed the event that is waited for: the task itself knows.
    const task = await source.getTask(taskId, bySignal)
    if (item.type === 'event' || isFinal(task)) return task
  }
  signal?.throwIfAborted()
  throw new Error(`the events of task ${taskId} ended before it did`)
}

function limitOf({ signal, timeoutMs }: { readonly signal?: AbortSignal; readonly timeoutMs?: number }) {
  if (timeoutMs === undefined) return signal
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
