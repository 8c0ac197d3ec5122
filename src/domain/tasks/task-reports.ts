import { unchanged } from '../kernel/swarm-journal.ts'
import { SwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import { RESULT_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskAttempt, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { put, type RecordWrite, type StoredRecord } from '../ports/records.ts'
import type { Step } from '../ports/swarm-store.ts'
import { backoffMs } from '../resources/backoff.ts'
import type { ReportingLines } from '../topology/reporting-lines.ts'
import type { EndingSteps } from './ending-steps.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { EndedLease, TaskAftermath, Verdict } from './task-aftermath.ts'
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
import { taskStep } from './task-writer.ts'

export interface TaskReportsOptions {
  readonly rankOf: RankOf
}

export interface TaskReportsModules {
  readonly endings: EndingSteps
  readonly aftermath: TaskAftermath
  readonly leases: LeaseKeeper
  readonly reportingLines: ReportingLines
  readonly clock: Clock
  readonly random: Random
}

interface Reported {
  readonly task: TaskRecord
  /** The lease the report ended; undefined where it ended none. */
  readonly ended: EndedLease | undefined
}

/**
 * What agents say about the tasks they hold. Each report is a compare-and-set on the fencing token: one that is stale
 * changes nothing. A report that ends an attempt can be repeated and is answered as the first time.
 */
export class TaskReports {
  readonly #options: TaskReportsOptions
  readonly #modules: TaskReportsModules

  constructor(options: TaskReportsOptions, modules: TaskReportsModules) {
    this.#options = options
    this.#modules = modules
  }

  async accept(report: TaskReport): Promise<void> {
    await this.#report(report, undefined, 'neutral', (task, now) =>
      startTask(this.#renewed(task, report, now), now),
    )
    this.#modules.leases.recorded(report.taskId, report.fencingToken)
  }

  async progress(report: ProgressReport): Promise<void> {
    const { ratio, message, status } = report
    const progress = {
      ...(ratio === undefined ? {} : { ratio }),
      ...(message === undefined ? {} : { message }),
    }
    await this.#report(report, undefined, 'neutral', (task, now) =>
      reportProgress(this.#renewed(task, report, now), progress, status, now),
    )
    this.#modules.leases.recorded(report.taskId, report.fencingToken)
  }

  complete(report: CompleteReport): Promise<TaskRecord> {
    const result = put(RESULT_RECORDS, report.taskId, report.result)
    return this.#report(report, 'completed', 'success', (task, now) => completeTask(task, now), [result])
  }

  fail(report: FailReport): Promise<TaskRecord> {
    const { failure, kind } = report
    if (kind === 'reject') {
      return this.#report(report, 'rejected', 'neutral', (task, now) => rejectTask(task, failure, now))
    }
    const draw = this.#modules.random.next()
    return this.#report(report, 'failed', 'failure', (task, now) => {
      const retryInMs = backoffMs(task.spec.backoff, task.attempt, draw)
      const mayRetry = kind === 'retry'
      const escalation = this.#modules.reportingLines.escalationFrom(task.lease ?? report)
      const attempt = { failure, outcome: 'failed', mayRetry, retryInMs, escalation } as const
      return failAttempt(task, attempt, now, this.#options.rankOf)
    })
  }

  release(report: ReleaseReport): Promise<TaskRecord> {
    return this.#report(report, 'released', 'neutral', (task, now) =>
      releaseTask(task, 'released', report.reason, now, this.#options.rankOf),
    )
  }

  #renewed(task: TaskRecord, { taskId, fencingToken }: TaskReport, now: EpochMs): TaskRecord {
    return renewLease(task, this.#modules.leases.usedMs(taskId, fencingToken), now)
  }

  async #report(
    report: TaskReport,
    outcome: TaskAttempt['outcome'] | undefined,
    verdict: Verdict,
    change: (task: TaskRecord, now: EpochMs) => TaskChange,
    more: readonly RecordWrite[] = [],
  ): Promise<TaskRecord> {
    const { endings, aftermath, clock } = this.#modules
    const { taskId, agentId, fencingToken } = report
    const decide = (stored: StoredRecord<TaskRecord> | undefined): Step<Reported> => {
      if (stored === undefined) throw new SwarmError('task_not_found', { taskId })
      const { value: before } = stored
      if (outcome !== undefined && isRepeated(before, report, outcome)) {
        return unchanged<Reported>({ task: before, ended: { agentId, fencingToken } })
      }
      const own = before.lease?.agentId === agentId ? before.lease : undefined
      if (own?.fencingToken !== fencingToken) throw leaseLost(before)
      const changed = change(before, clock.now())
      const reported: Reported = {
        task: changed.task,
        ended: changed.task.lease === undefined ? own : undefined,
      }
      return changed.task === before ? unchanged(reported) : taskStep(changed, reported, more)
    }
    const { task, ended } = await endings.transact(taskId, decide, report.usage)
    if (ended !== undefined) aftermath.attemptEnded(taskId, ended, verdict)
    aftermath.changed(task)
    return task
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
