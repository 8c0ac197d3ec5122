import type { TaskId } from '../ids.ts'

type Nothing = Readonly<Record<string, never>>

/** Events of schedules; the subject is the schedule. */
export interface ScheduleEvents {
  'schedule.created': { readonly kind: 'cron' | 'interval' | 'once' }
  'schedule.ran': { readonly taskId: TaskId; readonly lateMs: number }
  'schedule.skipped': { readonly reason: 'missed' | 'overlap' }
  'schedule.paused': Nothing
  'schedule.resumed': Nothing
  'schedule.removed': Nothing
}
