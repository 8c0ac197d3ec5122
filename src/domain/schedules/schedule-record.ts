import type { EpochMs, JsonText, TaskId } from '../model/ids.ts'
import { recordKind } from '../model/record-kind.ts'
import type { TaskSpec } from '../model/task-record.ts'
import type { MissedRunPolicy, Timing } from './fire-times.ts'

/** What to do where the task of an earlier run is not over. */
export type OverlapPolicy = 'allow' | 'skip'

/** A task that is submitted again and again, or once at a time. */
export interface ScheduleRecord {
  readonly scheduleId: string
  readonly description: string
  readonly timing: Timing
  /** Of the tasks that it submits. */
  readonly spec: TaskSpec
  readonly payload: JsonText
  readonly overlap: OverlapPolicy
  readonly missedRuns: MissedRunPolicy
  readonly isPaused: boolean
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
  /** Left out where no run follows. */
  readonly nextRunAt?: EpochMs
  /** Runs that submitted a task. */
  readonly runCount: number
  /** Runs that were left out: missed, or an earlier one was not over. Missed runs in a row count once. */
  readonly skippedCount: number
  readonly lastRun?: ScheduleRun
}

export interface ScheduleRun {
  /** The time that the run was for; the time of the request for a run that was asked for. */
  readonly fireAt: EpochMs
  readonly taskId: TaskId
}

/** Under the schedule's id. */
export const SCHEDULE_RECORDS = recordKind<ScheduleRecord>('schedule')
