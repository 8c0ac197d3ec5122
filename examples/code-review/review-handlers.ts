import { LIMITS } from '#contract/limits.ts'
import {
  type AgentTask,
  type SwarmAgent,
  type SwarmClient,
  type TaskContext,
  TaskFailure,
} from '#sdk/index.ts'
import { CHECKPOINT, FOLLOW_UP, REPORT } from './capabilities.ts'
import type { ReportPayload } from './demo-plan.ts'
import { ALL_KINDS, REVIEW_KINDS } from './review/kinds.ts'
import type { RankedFinding } from './review/rank.ts'
import { type Review, reviewFile } from './review/review.ts'
import { buildReport, type FileVerdict, type ReviewReport, summariseFile } from './review/summary.ts'
import type { SourceTree } from './review/tree.ts'

/** Results read at the same time. */
const READS_MAX = 8
/** A result may have 128 KiB; the counts and headings need little of it. */
const FINDINGS_BYTES_MAX = LIMITS.payloadBytesMax - 16 * 1024

/** Teaches an agent all the work there is in the demo; its capabilities decide what of it comes. */
export function handleReviews(agent: SwarmAgent, tree: SourceTree): void {
  for (const kind of ALL_KINDS) {
    agent.handle(REVIEW_KINDS[kind].capability, (task) => reviewFile(tree, pathOf(task), kind))
  }
  agent.handle(FOLLOW_UP, async (task, { client, signal }) => {
    const reviews = await readResults<Review>(client, task.dependsOn, { signal })
    return summariseFile(pathOf(task), reviews)
  })
  agent.handle(CHECKPOINT, ({ dependsOn }) => ({ followUpCount: dependsOn.length }))
  agent.handle(REPORT, writeReport)
}

async function writeReport({ payload }: AgentTask, context: TaskContext): Promise<ReviewReport> {
  const { followUpTaskIds } = payload as ReportPayload
  const verdicts = await readResults<FileVerdict>(context.client, followUpTaskIds, {
    signal: context.signal,
    onRead: (count) => context.progress(count / followUpTaskIds.length, `${count} files read`),
  })
  const report = buildReport(verdicts)
  const findings = thatFit(report.findings)
  return { ...report, findings, omittedCount: report.omittedCount + report.findings.length - findings.length }
}

interface ReadOptions {
  readonly signal: AbortSignal
  readonly onRead?: (count: number) => void
}

async function readResults<T>(
  client: SwarmClient,
  taskIds: readonly string[],
  options: ReadOptions,
): Promise<T[]> {
  const { signal, onRead } = options
  const results: T[] = []
  for (let at = 0; at < taskIds.length; at += READS_MAX) {
    const tasks = await Promise.all(
      taskIds.slice(at, at + READS_MAX).map((taskId) => client.getTask(taskId, { signal })),
    )
    results.push(...tasks.map(({ result }) => result as T))
    onRead?.(results.length)
  }
  return results
}

/** As many of the worst as one result can hold. */
function thatFit(findings: readonly RankedFinding[]): readonly RankedFinding[] {
  let bytes = 0
  const end = findings.findIndex((finding) => {
    bytes += Buffer.byteLength(JSON.stringify(finding)) + 1
    return bytes > FINDINGS_BYTES_MAX
  })
  return end === -1 ? findings : findings.slice(0, end)
}

function pathOf({ payload }: AgentTask): string {
  const path: unknown =
    typeof payload === 'object' && payload !== null && 'path' in payload ? payload.path : undefined
  if (typeof path === 'string') return path
  throw new TaskFailure('the payload names no path', { code: 'bad_payload', retryable: false })
}
