import type { SwarmEvent } from '#domain/model/events.ts'
import type { TaskId } from '#domain/model/ids.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { TaskStory } from './task-history.ts'

/** Assignments that nobody received and that do not count. */
const UNDELIVERED_MAX = 10

/** Watches what attempts are charged for: only for what an agent received, and as many as the task may have. */
export class AttemptAudit {
  readonly #fail: (promise: string, about: string) => void
  readonly #received = new Set<string>()

  constructor(fail: (promise: string, about: string) => void) {
    this.#fail = fail
  }

  /** The agent, or its machine, has the assignment. */
  received(taskId: TaskId, token: number): void {
    this.#received.add(`${taskId} under ${token}`)
  }

  /** @param story as it stands after the event */
  look({ data }: SwarmEvent, story: TaskStory, { taskId, spec }: TaskRecord): void {
    const { outcome, fencingToken, phase, failure }: Readonly<Record<string, unknown>> = data
    const isTooOften =
      (failure as { code?: string } | undefined)?.code === 'undelivered' &&
      story.undeliveredCount >= UNDELIVERED_MAX
    if (
      outcome === 'expired' &&
      !isTooOften &&
      !this.#received.has(`${taskId} under ${String(fencingToken)}`)
    )
      this.#fail(`${taskId} was charged for an attempt that no agent received`, taskId)
    if (phase === 'dead_letter' && story.chargedCount !== spec.maxAttempts)
      this.#fail(
        `${taskId} is a dead letter after ${story.chargedCount} of ${spec.maxAttempts} attempts`,
        taskId,
      )
  }
}
