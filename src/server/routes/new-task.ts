import { LIMITS } from '#contract/limits.ts'
import type { PipelineSubmit } from '#contract/pipeline.ts'
import { readTime } from '#contract/read-time.ts'
import type { TaskSubmit } from '#contract/task.ts'
import { type EpochMs, epochMs, taskId } from '#domain/model/ids.ts'
import type { TaskSpec } from '#domain/model/task-record.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { NewTask } from '#domain/tasks/task-service.ts'
import { opaqueText } from '../input/opaque-json.ts'
import { invalidField } from '../problem/request-error.ts'

export interface NewTaskDefaults {
  readonly maxAttempts: number
}

/** Tasks one submit may touch: its own and those they depend on or belong to. */
const RELATED_MAX = LIMITS.dependsOnMax + 1

/** A submitted task as the domain takes it. @param pointer where it stands in the body */
export function newTask(
  body: TaskSubmit,
  pointer: string,
  { maxAttempts }: NewTaskDefaults,
  ids: Ids,
): NewTask {
  const { deadline, parentTaskId } = body
  const spec: TaskSpec = {
    type: body.type,
    capabilities: body.capabilities,
    priority: body.priority,
    deadlineAt: deadline === undefined ? undefined : timeIn(deadline, `${pointer}/deadline`),
    delayMs: body.delayMs,
    maxAttempts: body.maxAttempts ?? maxAttempts,
    timeoutMs: body.timeoutMs,
    backoff: body.backoff,
    dependsOn: body.dependsOn.map(taskId),
    resources: body.resources,
    affinityKey: body.affinityKey,
    parentTaskId: parentTaskId === undefined ? undefined : taskId(parentTaskId),
    metadata: body.metadata,
    ...controlsOf(body),
  }
  return { taskId: taskId(ids.next()), spec, payload: opaqueText(body.payload, 'payload') }
}

/** Left out where they are not set: most tasks have none. */
function controlsOf({
  fairnessKey,
  fairnessWeight,
  cost,
  labels,
  memoryRefs,
  onDependencyFailure,
}: TaskSubmit): Partial<TaskSpec> {
  return {
    ...(memoryRefs === undefined ? {} : { memoryRefs }),
    ...(fairnessKey === undefined ? {} : { fairnessKey }),
    ...(fairnessWeight === undefined ? {} : { fairnessWeight }),
    ...(cost === undefined ? {} : { cost }),
    ...(onDependencyFailure === undefined ? {} : { onDependencyFailure }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  }
}

/** The stages of a pipeline, each waiting for the one before and for its result. */
export function newPipeline(
  { stages, payload }: PipelineSubmit,
  { maxAttempts }: NewTaskDefaults,
  ids: Ids,
): readonly NewTask[] {
  const tasks: NewTask[] = []
  for (const stage of stages) {
    const before = tasks.at(-1)?.taskId
    const spec: TaskSpec = {
      ...stage,
      maxAttempts: stage.maxAttempts ?? maxAttempts,
      delayMs: 0,
      dependsOn: before === undefined ? [] : [before],
      ...(before === undefined ? {} : { inputFrom: before }),
    }
    const input = before === undefined ? payload : null
    tasks.push({ taskId: taskId(ids.next()), spec, payload: opaqueText(input, 'payload') })
  }
  return tasks
}

/** @throws RequestError `validation_failed` where a batch refers to more tasks than one step of the store can look at */
export function refuseTooManyRelatives(tasks: readonly NewTask[]): void {
  const related = new Set<string>()
  for (const { spec } of tasks) {
    for (const dependency of spec.dependsOn) related.add(dependency)
    if (spec.parentTaskId !== undefined) related.add(spec.parentTaskId)
  }
  const roomLeft = RELATED_MAX + 1 - tasks.length
  if (related.size > roomLeft) {
    throw invalidField(
      'body',
      '/tasks',
      `refers to ${related.size} other tasks; a batch of this size may to ${roomLeft}`,
    )
  }
}

/** @throws RequestError `validation_failed` */
export function timeIn(
  text: string,
  pointer: string,
  part: Parameters<typeof invalidField>[0] = 'body',
): EpochMs {
  const at = readTime(text)
  if (at === undefined) throw invalidField(part, pointer, 'is not a time from year 0000 to year 9999 in UTC')
  return epochMs(at)
}
