import type { EpochMs, TaskId } from '../model/ids.ts'
import { FAILED_DEPENDENTS_MAX, isTerminal, type TaskRecord } from '../model/task-record.ts'
import type { RecordWrite } from '../ports/records.ts'
import { cancelTask, failTask, type RankOf, type TaskChange, unblock } from './task-machine.ts'
import { putTask } from './task-writer.ts'

export interface ResolvedDependencies {
  readonly change: TaskChange
  /** What else is to be written with the change. */
  readonly writes: readonly RecordWrite[]
}

/**
 * What becomes of a blocked task by the records of those it depends on: it may run, it fails, or, where the answer is
 * undefined, it goes on waiting.
 */
export function resolveDependencies(
  task: TaskRecord,
  dependencies: readonly TaskRecord[],
  now: EpochMs,
  rankOf: RankOf,
): ResolvedDependencies | undefined {
  const found = new Map(dependencies.map((dependency) => [dependency.taskId, dependency]))
  const failed = task.spec.dependsOn.find((taskId) => cannotComplete(found.get(taskId)))
  const { onDependencyFailure = 'fail' } = task.spec
  if (failed !== undefined && onDependencyFailure === 'skip')
    return { change: cancelTask(task, `it depends on ${failed}, which did not complete`, now), writes: [] }
  if (failed !== undefined && onDependencyFailure === 'fail') {
    const message = `it depends on ${failed}, which did not complete`
    const change = failTask(task, { code: 'dependency_failed', message }, now)
    return { change, writes: noteFailedDependent(found.get(failed), task.taskId) }
  }
  // Under `run` one that is gone counts as over.
  if (!dependencies.every(({ status }) => isTerminal(status))) return undefined
  const before = task.spec.inputFrom === undefined ? undefined : found.get(task.spec.inputFrom)
  const previousAgentId = before?.attempts.at(-1)?.agentId ?? task.previousAgentId
  return { change: unblock({ ...task, previousAgentId }, now, rankOf), writes: [] }
}

function cannotComplete(dependency: TaskRecord | undefined): boolean {
  return dependency === undefined || (isTerminal(dependency.status) && dependency.status !== 'completed')
}

/** So that a retry of what failed can do again what failed with it. */
function noteFailedDependent(failed: TaskRecord | undefined, dependent: TaskId): readonly RecordWrite[] {
  const { failedDependents = [] } = failed ?? {}
  if (failed === undefined || failedDependents.length >= FAILED_DEPENDENTS_MAX) return []
  return [putTask({ ...failed, failedDependents: [...failedDependents, dependent] })]
}
