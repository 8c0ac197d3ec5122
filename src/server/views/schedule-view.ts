import type { ScheduleView, Timing as WireTiming } from '#contract/schedule.ts'
import type { Timing } from '#domain/schedules/fire-times.ts'
import type { ScheduleRecord } from '#domain/schedules/schedule-record.ts'
import { wireTime } from './wire-time.ts'

export function scheduleView(record: ScheduleRecord): ScheduleView {
  const { scheduleId, description, timing, spec, overlap, missedRuns, isPaused } = record
  const { createdAt, updatedAt, nextRunAt, runCount, skippedCount, lastRun } = record
  return {
    scheduleId,
    description,
    timing: wireTiming(timing),
    taskType: spec.type,
    overlap,
    missedRuns,
    isPaused,
    createdAt: wireTime(createdAt),
    updatedAt: wireTime(updatedAt),
    ...(nextRunAt === undefined ? {} : { nextRunAt: wireTime(nextRunAt) }),
    runCount,
    skippedCount,
    ...(lastRun === undefined
      ? {}
      : { lastRun: { fireAt: wireTime(lastRun.fireAt), taskId: lastRun.taskId } }),
  }
}

function wireTiming(timing: Timing): WireTiming {
  switch (timing.kind) {
    case 'cron':
      return timing
    case 'interval':
      return { ...timing, startAt: wireTime(timing.startAt) }
    case 'once':
      return { ...timing, at: wireTime(timing.at) }
    default:
      return timing satisfies never
  }
}
