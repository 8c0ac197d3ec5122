import type { TaskSubmitInput } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import type { SwarmClient } from '#sdk/index.ts'
import { CHECKPOINT, FOLLOW_UP, REPORT } from './capabilities.ts'
import { REVIEW_KINDS } from './review/kinds.ts'
import type { PlannedFile } from './review/review.ts'

/** What a final report is made of: the follow-ups of all files, by their tasks. */
export interface ReportPayload {
  readonly followUpTaskIds: readonly string[]
}

/** An agent that dies costs its tasks a moment, not the second that a failing service is given. */
const RETRY_SOON = { baseMs: 100, factor: 2, maxMs: 2_000 }

export interface SubmittedDemo {
  readonly taskCount: number
  readonly reportTaskId: string
  /** Which file a review or follow-up is about. */
  readonly paths: ReadonlyMap<string, string>
}

/** How many tasks {@link submitDemo} will submit. */
export function countTasks(files: readonly PlannedFile[]): number {
  const reviews = files.reduce((sum, { kinds }) => sum + kinds.length, 0)
  return reviews + files.length + checkpointCount(files.length) + 1
}

/**
 * One task for each kind of review of each file, a follow-up for each file that waits for all of its reviews, and a
 * report that waits for all follow-ups. A task can wait for 1 000 others: where there are more files, checkpoints in
 * between wait for a thousand follow-ups each.
 */
export async function submitDemo(client: SwarmClient, files: readonly PlannedFile[]): Promise<SubmittedDemo> {
  const reviews = files.flatMap(({ path, kinds }) =>
    kinds.map((kind) => ({ path, task: taskOf(REVIEW_KINDS[kind].capability, { path }) })),
  )
  const reviewIds = await submitAll(
    client,
    reviews.map(({ task }) => task),
  )
  const idsByPath = new Map<string, string[]>()
  for (const [index, { path }] of reviews.entries()) {
    const ids = idsByPath.get(path) ?? []
    ids.push(reviewIds[index] ?? '')
    idsByPath.set(path, ids)
  }
  const followUps = files.map(({ path }) => taskOf(FOLLOW_UP, { path }, idsByPath.get(path)))
  const followUpTaskIds = await submitAll(client, followUps)
  const groups = checkpointCount(files.length) === 0 ? [] : chunk(followUpTaskIds, LIMITS.dependsOnMax)
  const checkpointIds = await submitAll(
    client,
    groups.map((group) => taskOf(CHECKPOINT, null, group)),
  )
  const reportDependsOn = groups.length === 0 ? followUpTaskIds : checkpointIds
  const payload: ReportPayload = { followUpTaskIds }
  const { taskId: reportTaskId } = await client.submit(taskOf(REPORT, payload, reportDependsOn))
  const taskCount = reviewIds.length + followUpTaskIds.length + checkpointIds.length + 1
  const paths = new Map(followUpTaskIds.map((taskId, index) => [taskId, files[index]?.path ?? '']))
  for (const [path, ids] of idsByPath) for (const taskId of ids) paths.set(taskId, path)
  return { taskCount, reportTaskId, paths }
}

function taskOf(type: string, payload: unknown, dependsOn: readonly string[] = []): TaskSubmitInput {
  // The later a stage, the more urgent: what can be finished is finished first.
  const priority = type === REPORT || type === CHECKPOINT ? 1 : type === FOLLOW_UP ? 2 : 3
  return { type, capabilities: [type], payload, dependsOn: [...dependsOn], priority, backoff: RETRY_SOON }
}

async function submitAll(client: SwarmClient, tasks: readonly TaskSubmitInput[]): Promise<string[]> {
  const taskIds: string[] = []
  for (const batch of batches(tasks)) {
    const accepted = await client.submitBatch(batch)
    taskIds.push(...accepted.tasks.map(({ taskId }) => taskId))
  }
  return taskIds
}

/** As large as the server takes them: a batch may touch a thousand tasks, its own and those they depend on. */
function batches(tasks: readonly TaskSubmitInput[]): TaskSubmitInput[][] {
  const full: TaskSubmitInput[][] = []
  let batch: TaskSubmitInput[] = []
  let touched = 0
  for (const task of tasks) {
    const touches = 1 + (task.dependsOn?.length ?? 0)
    if (batch.length > 0 && (batch.length === LIMITS.batchMax || touched + touches > LIMITS.dependsOnMax)) {
      full.push(batch)
      batch = []
      touched = 0
    }
    batch.push(task)
    touched += touches
  }
  return batch.length === 0 ? full : [...full, batch]
}

function checkpointCount(fileCount: number): number {
  return fileCount <= LIMITS.dependsOnMax ? 0 : Math.ceil(fileCount / LIMITS.dependsOnMax)
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
