import type { TObject, TProperties } from '@sinclair/typebox'
import { Count, TaskId } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

function data<P extends TProperties>(title: string, description: string, properties: P): TObject<P> {
  return closedObject(properties, { title, description })
}

/** Events of schedules. Their subject is the schedule. */
export const SCHEDULE_EVENTS = {
  'schedule.created': data('ScheduleCreatedData', 'A schedule was made.', {
    kind: textEnum(['cron', 'interval', 'once'], { description: 'How its runs are timed.' }),
  }),
  'schedule.ran': data('ScheduleRanData', 'A run submitted its task.', {
    taskId: TaskId,
    lateMs: Count('How long after its time, in milliseconds.'),
  }),
  'schedule.skipped': data('ScheduleSkippedData', 'A run was left out.', {
    reason: textEnum(['missed', 'overlap'], {
      description: 'Nobody could start it in time, or the task of the last run was not over.',
    }),
  }),
  'schedule.paused': data('SchedulePausedData', 'No run starts by itself.', {}),
  'schedule.resumed': data('ScheduleResumedData', 'Runs start again.', {}),
  'schedule.removed': data('ScheduleRemovedData', 'The schedule was deleted.', {}),
} as const
