import { SwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import { RESULT_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskAttempt, type TaskRecord } from '../model/task-record.ts'
import { utf8Length } from '../model/utf8-length.ts'
import type { Random } from '../ports/random.ts'
import { put, type RecordWrite } from '../ports/records.ts'
import { backoffMs } from '../resources/backoff.ts'
import type { ReportingLines } from '../topology/reporting-lines.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { NextTasks } from './next-tasks.ts'
import type { Verdict } from './task-aftermath.ts'
import {
  completeTask,
  failAttempt,
  type RankOf,
  rejectTask,
  releaseTask,
  renewLease,
  reportProgress,
  startTask,
  type TaskChange,
} from './task-machine.ts'
import type { CompleteReport, FailReport, ProgressReport, ReleaseReport, TaskReport } from './task-service.ts'
import type { TaskTransitions } from './task-transitions.ts'

interface ReportKind {
  /** How it ends the attempt; undefined where it does not. */
  readonly outcome: TaskAttempt['outcome'] | undefined
  readonly verdict: Verdict
  readonly writes?: readonly RecordWrite[]
  /** Whether the agent may be handed its next task in the same step, true by default. */
  readonly mayFollow?: boolean
}

const GOES_ON: ReportKind = { outcome: undefined, verdict: 'neutral' }

export interface TaskReportsOptions {
  readonly rankOf: RankOf
}

export interface TaskReportsModules {
  readonly transitions: TaskTransitions
  readonly nextTasks: NextTasks
  readonly leases: LeaseKeeper
  readonly reportingLines: ReportingLines
  readonly random: Random
}

/**
 * What agents say about the tasks they hold. Each report is a compare-and-set on the fencing token: one that is stale
 * changes nothing. A report that ends an attempt can be repeated and is answered as the first time. Its step hands the
 * agent the next task, where one waits.
 */
export class TaskReports {
  readonly #options: TaskReportsOptions
  readonly #modules: TaskReportsModules

  constructor(options: TaskReportsOptions, modules: TaskReportsModules) {
    this.#options = options
    this.#modules = modules
  }

  async accept(report: TaskReport): Promise<void> {
    await this.#report(report, GOES_ON, (task, now) => startTask(this.#renewed(task, report, now), now))
    this.#modules.leases.recorded(report.taskId, report.fencingToken)
  }

  async progress(report: ProgressReport): Promise<void> {
    const { ratio, message, waitsFor = [], status } = report
    const progress = {
      ...(ratio === undefined ? {} : { ratio }),
      ...(message === undefined ? {} : { message }),
      ...(waitsFor.length === 0 ? {} : { waitsFor }),
    }
    await this.#report(report, GOES_ON, (task, now) =>
      reportProgress(this.#renewed(task, report, now), progress, status, now),
    )
    this.#modules.leases.recorded(report.taskId, report.fencingToken)
  }

  complete(report: CompleteReport): Promise<TaskRecord> {
    const writes = [put(RESULT_RECORDS, report.taskId, report.result)]
    const resultBytes = utf8Length(report.result)
    const ending = { outcome: 'completed', verdict: 'success', writes } as const
    return this.#report(report, ending, (task, now) => completeTask(task, now, resultBytes))
  }

  fail(report: FailReport): Promise<TaskRecord> {
    const { failure, kind } = report
    if (kind === 'reject') {
      return this.#report(report, { outcome: 'rejected', verdict: 'neutral' }, (task, now) =>
        rejectTask(task, failure, now),
      )
    }
    const draw = this.#modules.random.next()
    return this.#report(report, { outcome: 'failed', verdict: 'failure' }, (task, now) => {
      const retryInMs = backoffMs(task.spec.backoff, task.attempt, draw)
      const mayRetry = kind === 'retry'
      const escalation = this.#modules.reportingLines.escalationFrom(task.lease ?? report)
      const attempt = { failure, outcome: 'failed', mayRetry, retryInMs, escalation } as const
      return failAttempt(task, attempt, now, this.#options.rankOf)
    })
  }

  release(report: ReleaseReport): Promise<TaskRecord> {
    return this.#report(report, { outcome: 'released', verdict: 'neutral' }, (task, now) =>
      releaseTask(task, 'released', report.reason, now, this.#options.rankOf),
    )
  }

  #renewed(task: TaskRecord, { taskId, fencingToken }: TaskReport, now: EpochMs): TaskRecord {
    return renewLease(task, this.#modules.leases.usedMs(taskId, fencingToken), now)
  }

  async #report(
    report: TaskReport,
    kind: ReportKind,
    change: (task: TaskRecord, now: EpochMs) => TaskChange,
  ): Promise<TaskRecord> {
    const { outcome, verdict, writes = [], mayFollow = true } = kind
    const { transitions, nextTasks } = this.#modules
    const { taskId, agentId, fencingToken } = report
    const endsAttempt = outcome !== undefined
    const follower = endsAttempt && mayFollow ? nextTasks.reserve(report, verdict === 'failure') : undefined
    try {
      const { task } = await transitions.run({
        taskId,
        lease: endsAttempt ? { agentId, fencingToken } : undefined,
        verdict: () => verdict,
        used: report.usage,
        follower,
        decide: (before, now) => {
          if (before === undefined) throw new SwarmError('task_not_found', { taskId })
          if (endsAttempt && isRepeated(before, report, outcome)) return undefined
          const own = before.lease?.agentId === agentId ? before.lease : undefined
          if (own?.fencingToken !== fencingToken) throw leaseLost(before)
          return { change: change(before, now), writes }
        },
      })
      if (task === undefined) throw new SwarmError('task_not_found', { taskId })
      return task
    } catch (error) {
      if (follower?.isDamaged(error) !== true) throw error
      return this.#report(report, { ...kind, mayFollow: false }, change)
    }
  }
}

function leaseLost({ taskId, lease, status }: TaskRecord): SwarmError {
  const heldBy = lease?.agentId ?? null
  return new SwarmError('lease_lost', { taskId, heldBy, ...(isTerminal(status) ? { status } : {}) })
}

function isRepeated(task: TaskRecord, report: TaskReport, outcome: TaskAttempt['outcome']): boolean {
  return task.attempts.some(
    (attempt) =>
      attempt.fencingToken === report.fencingToken &&
      attempt.agentId === report.agentId &&
      attempt.outcome === outcome,
  )
}
