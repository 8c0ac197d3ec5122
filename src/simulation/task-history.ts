import type { SwarmEvent } from '#domain/model/events.ts'
import { isOfArea } from '#domain/model/events.ts'
import { type TaskId, taskId } from '#domain/model/ids.ts'
import { isTerminal, type TaskRecord, type TaskStatus } from '#domain/model/task-record.ts'

interface Lease {
  readonly agentId: string
  readonly token: number
}

/** One task as the event log tells it. */
export interface TaskStory {
  lease: Lease | undefined
  ending: { readonly status: TaskStatus; readonly token: number | undefined } | undefined
  /** Attempts that count. */
  chargedCount: number
  /** Assignments that did not count, since no agent received them. */
  undeliveredCount: number
}

const ENDINGS: Readonly<Record<string, TaskStatus>> = {
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.canceled': 'canceled',
  'task.rejected': 'rejected',
}

const LEASE_KEEPING: ReadonlySet<string> = new Set(['task.started', 'task.progress'])

const CHARGED: ReadonlySet<string> = new Set(['failed', 'expired'])

/** What a log of task events amounts to, and the promises that can be seen in it alone. */
export class TaskHistory {
  readonly #fail: (promise: string, about: string) => void
  readonly #stories = new Map<TaskId, TaskStory>()
  /** The highest token ever given for a task. A lost tail does not take it back. */
  readonly #tokens = new Map<TaskId, number>()

  constructor(fail: (promise: string, about: string) => void) {
    this.#fail = fail
  }

  get stories(): ReadonlyMap<TaskId, TaskStory> {
    return this.#stories
  }

  /** The store lost its tail: what happened is what the log says now. Tokens stay given. */
  replay(events: readonly SwarmEvent[]): void {
    this.#stories.clear()
    for (const event of events) this.read(event, true)
  }

  /** @param isReplay of events that were read before */
  read(event: SwarmEvent, isReplay = false): void {
    if (!isOfArea(event, 'task')) return
    const { type, subject, data } = event
    const id = taskId(subject)
    if (type === 'task.submitted') {
      if (this.#stories.has(id)) this.#fail(`${id} was submitted twice`, id)
      this.#stories.set(id, { lease: undefined, ending: undefined, chargedCount: 0, undeliveredCount: 0 })
      return
    }
    const story = this.#stories.get(id)
    if (story === undefined) {
      this.#fail(`${id} has a ${type} but was never submitted`, id)
      return
    }
    if (story.ending !== undefined) this.#fail(`${id} is ${story.ending.status} and has a ${type}`, id)
    const token = 'fencingToken' in data ? data.fencingToken : undefined
    const outcome = 'outcome' in data ? data.outcome : undefined
    if (CHARGED.has(String(outcome))) story.chargedCount += 1
    if (outcome === 'undelivered') story.undeliveredCount += 1
    if (type === 'task.assigned')
      this.#assign(id, story, { agentId: event.data.agentId, token: token ?? 0 }, isReplay)
    else if (type !== 'task.unblocked') this.#goOn(id, story, type, token)
  }

  /** Compares a record with what the log says of it. */
  compare({ taskId, status, lease, attempt, spec }: TaskRecord): void {
    const story = this.#stories.get(taskId)
    const ending = isTerminal(status) ? status : undefined
    if (story?.ending?.status !== ending)
      this.#fail(
        `the record of ${taskId} is ${status}, the log says ${story?.ending?.status ?? 'open'}`,
        taskId,
      )
    if (story?.lease?.token !== lease?.fencingToken)
      this.#fail(
        `the record of ${taskId} is held under ${lease?.fencingToken}, the log says ${story?.lease?.token}`,
        taskId,
      )
    if (attempt > spec.maxAttempts)
      this.#fail(`${taskId} is at attempt ${attempt} of ${spec.maxAttempts}`, taskId)
  }

  #assign(id: TaskId, story: TaskStory, lease: Lease, isReplay: boolean): void {
    if (story.lease !== undefined)
      this.#fail(`${id} is held by ${story.lease.agentId} and was given to ${lease.agentId}`, id)
    const highest = this.#tokens.get(id) ?? 0
    if (!isReplay && lease.token <= highest)
      this.#fail(`${id} was given token ${lease.token} after ${highest}`, id)
    this.#tokens.set(id, Math.max(highest, lease.token))
    story.lease = lease
  }

  #goOn(id: TaskId, story: TaskStory, type: string, token: number | undefined): void {
    if (token !== story.lease?.token)
      this.#fail(`${type} of ${id} under ${token}, held under ${story.lease?.token}`, id)
    if (LEASE_KEEPING.has(type)) return
    const ending = ENDINGS[type]
    if (ending !== undefined) story.ending = { status: ending, token }
    story.lease = undefined
  }
}
