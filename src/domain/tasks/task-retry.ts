import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { assert, SwarmError } from '../model/errors.ts'
import { type JsonText, type TaskId, taskId } from '../model/ids.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskRecord, type TaskSpec } from '../model/task-record.ts'
import type { RecordKey } from '../ports/records.ts'
import type { TaskIntake } from './task-intake.ts'
import type { NewTask, RetryRequest } from './task-service.ts'
import { taskKey } from './task-writer.ts'

export interface TaskRetryModules {
  readonly journal: SwarmJournal
  readonly intake: TaskIntake
}

/** Tasks that one retry may submit. */
const RETRIED_TASKS_MAX = 500
/** Tasks that one retry may look at and write in its step, which reads at most 1 100 records. */
const RELATED_TASKS_MAX = 1_000
const READ_MAX = 500

/**
 * Does finished tasks again, as new tasks that wait for and receive what the first ones did: the results they used, or
 * those of the retries of what did not complete.
 */
export class TaskRetry {
  readonly #modules: TaskRetryModules
  #last: Promise<unknown> = Promise.resolve()

  constructor(modules: TaskRetryModules) {
    this.#modules = modules
  }

  /** One after the other: two at once could each do the same dependents again. */
  retry(request: RetryRequest): Promise<TaskRecord> {
    const retried = this.#last.then(() => this.#retry(request))
    this.#last = retried.catch(() => undefined)
    return retried
  }

  async #retry({ taskId: id, newTaskId, includeDependents }: RetryRequest): Promise<TaskRecord> {
    const [first] = await this.#read([id])
    if (first === undefined) throw new SwarmError('task_not_found', { taskId: id })
    if (!isTerminal(first.status))
      throw new SwarmError('task_not_finished', { taskId: id, status: first.status })
    const originals = includeDependents ? inOrder(first, await this.#failedWith(first)) : [first]
    const newIds = new Map(
      originals.map(({ taskId: original }, index) => [
        original,
        index === 0 ? newTaskId : taskId(`${newTaskId}-${index}`),
      ]),
    )
    const tasks = await this.#again(originals, newIds)
    const { tasks: submitted } = await this.#modules.intake.submit({ tasks })
    const [record] = submitted
    if (record === undefined) throw new Error('a submit answers with its tasks')
    return record
  }

  /** What failed because a task did not complete, directly or by way of others, and was not done again yet. */
  async #failedWith(first: TaskRecord): Promise<readonly TaskRecord[]> {
    const found = new Map<TaskId, TaskRecord>()
    let ids = first.failedDependents ?? []
    while (ids.length > 0) {
      const records = await this.#read(ids.filter((id) => !found.has(id)))
      const failed = records.filter((task) => task !== undefined).filter(isToDoAgain)
      for (const task of failed) found.set(task.taskId, task)
      if (found.size >= RETRIED_TASKS_MAX) throw tooMany('retriedTasksMax', RETRIED_TASKS_MAX, found.size + 1)
      ids = failed.flatMap(({ failedDependents }) => failedDependents ?? [])
    }
    return [...found.values()]
  }

  async #again(
    originals: readonly TaskRecord[],
    newIds: ReadonlyMap<TaskId, TaskId>,
  ): Promise<readonly NewTask[]> {
    const related = new Set(originals.flatMap(({ spec }) => relativesOf(spec)))
    if (related.size + 2 * originals.length > RELATED_TASKS_MAX)
      throw tooMany('relatedTasksMax', RELATED_TASKS_MAX, related.size + 2 * originals.length)
    const standIns = await this.#standInsFor([...related].filter((id) => !newIds.has(id)))
    const payloads = await this.#payloads(originals)
    return originals.map((original, index) => {
      const payload = payloads[index]
      const { taskId: retryOf } = original
      if (payload === undefined) throw new SwarmError('task_not_found', { taskId: retryOf })
      const spec = specAgain(original, newIds, standIns)
      const { previousAgentId } = original
      return {
        taskId: newIds.get(retryOf) ?? retryOf,
        spec,
        payload,
        retryOf,
        ...(previousAgentId === undefined || spec.inputFrom !== undefined ? {} : { previousAgentId }),
      }
    })
  }

  /** For each of these tasks itself or, where it did not complete, the newest task that does it again. */
  async #standInsFor(ids: readonly TaskId[]): Promise<ReadonlyMap<TaskId, TaskRecord>> {
    const standIns = new Map<TaskId, TaskRecord>()
    let looked = ids.map((id) => ({ id, at: id }))
    while (looked.length > 0) {
      const records = await this.#read(looked.map(({ at }) => at))
      looked = looked.flatMap(({ id }, index) => {
        const record = records[index]
        if (record !== undefined) standIns.set(id, record)
        const next = record === undefined || record.status === 'completed' ? undefined : record.retriedAs
        return next === undefined ? [] : [{ id, at: next }]
      })
    }
    return standIns
  }

  async #read(ids: readonly TaskId[]): Promise<readonly (TaskRecord | undefined)[]> {
    const found: (TaskRecord | undefined)[] = []
    for (let from = 0; from < ids.length; from += READ_MAX) {
      const keys = ids.slice(from, from + READ_MAX).map(taskKey)
      found.push(
        ...(await this.#modules.journal.transact(keys, (stored) =>
          unchanged(stored.map((record) => record?.value)),
        )),
      )
    }
    return found
  }

  #payloads(originals: readonly TaskRecord[]) {
    const keys = originals.map(({ taskId: id }): RecordKey<JsonText> => ({ kind: PAYLOAD_RECORDS, id }))
    return this.#modules.journal.transact(keys, (stored) => unchanged(stored.map((record) => record?.value)))
  }
}

function isToDoAgain({ status, failure, retriedAs }: TaskRecord): boolean {
  return status === 'failed' && failure?.code === 'dependency_failed' && retriedAs === undefined
}

/** Each behind all of the others that it depends on. */
function inOrder(first: TaskRecord, others: readonly TaskRecord[]): readonly TaskRecord[] {
  const waiting = new Map(others.map((task) => [task.taskId, task]))
  const ordered = [first]
  while (waiting.size > 0) {
    const next = [...waiting.values()].filter(({ spec }) => !spec.dependsOn.some((id) => waiting.has(id)))
    assert(next.length > 0, 'a task depends on earlier ones only')
    for (const task of next) waiting.delete(task.taskId)
    ordered.push(...next)
  }
  return ordered
}

function relativesOf({ dependsOn, parentTaskId }: TaskSpec): readonly TaskId[] {
  return parentTaskId === undefined ? dependsOn : [...dependsOn, parentTaskId]
}

/** A deadline that has passed and a delay that was waited for belong to the first try. */
function specAgain(
  { spec, readyCount }: TaskRecord,
  newIds: ReadonlyMap<TaskId, TaskId>,
  standIns: ReadonlyMap<TaskId, TaskRecord>,
): TaskSpec {
  // What it depended on was completed once: where that is forgotten, there is nothing left to wait for.
  const wasReady = readyCount > 0
  const again = (id: TaskId): TaskId | undefined =>
    newIds.get(id) ?? standIns.get(id)?.taskId ?? (wasReady ? undefined : id)
  const dependsOn = spec.dependsOn.map(again).filter((id) => id !== undefined)
  const { parentTaskId, inputFrom } = spec
  const parent = parentTaskId === undefined ? undefined : standIns.get(parentTaskId)
  return {
    ...spec,
    deadlineAt: undefined,
    delayMs: 0,
    dependsOn: [...new Set(dependsOn)],
    inputFrom: inputFrom === undefined ? undefined : again(inputFrom),
    // A part of what is finished is a task of its own.
    parentTaskId: parent === undefined || isTerminal(parent.status) ? undefined : parent.taskId,
  }
}

function tooMany(limitName: string, limit: number, actual: number): SwarmError<'limit_exceeded'> {
  return new SwarmError('limit_exceeded', { limitName, limit, actual })
}
