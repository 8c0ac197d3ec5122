import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Count, NEXT_PAGE, TaskId, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'
import { TaskSubmit } from './task.ts'

export const ScheduleId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the schedule within its swarm. Lower-case letters, digits and hyphens.',
  examples: ['nightly-report'],
})

const Cron = closedObject(
  {
    kind: Type.Literal('cron'),
    expression: Type.String({
      maxLength: 400,
      description:
        'Minute, hour, day of month, month, weekday; or six fields, with seconds first. A day that fits day of month or weekday counts.',
      examples: ['30 2 * * 1-5'],
    }),
    timeZone: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'A name of the IANA time zone database; `UTC` where left out.',
        examples: ['Europe/Berlin'],
      }),
    ),
  },
  {
    description: 'At times of the calendar. docs/scheduling.md has the rule for days on which clocks change.',
  },
)
const Interval = closedObject(
  {
    kind: Type.Literal('interval'),
    everyMs: Type.Integer({ minimum: 1_000, maximum: 366 * 86_400_000, description: 'Milliseconds.' }),
    startAt: Type.Optional(
      annotate(Timestamp, { description: 'The first run; one interval from now where left out.' }),
    ),
  },
  { description: 'At equal distances.' },
)
const Once = closedObject(
  { kind: Type.Literal('once'), at: annotate(Timestamp, { description: 'When.' }) },
  { description: 'One time.' },
)

export const Timing = Type.Union([Cron, Interval, Once], { description: 'When it runs.' })
export type Timing = Static<typeof Timing>

const { parentTaskId: _, dependsOn: __, deadline: ___, ...taskProperties } = TaskSubmit.properties

const ScheduledTask = closedObject(taskProperties, {
  title: 'ScheduledTask',
  description: 'The task that each run submits.',
})

const overlap = textEnum(['allow', 'skip'], {
  default: 'skip',
  description: 'What to do where the task of the last run is not over.',
})
const missedRuns = textEnum(['skip', 'run_once'], {
  default: 'skip',
  description:
    'What to do about runs that nobody could start for more than a minute: leave them out, or run once for all of them.',
})
const description = Text('What it is for.')

export const ScheduleCreate = closedObject(
  {
    scheduleId: ScheduleId,
    description: annotate(description, { default: '' }),
    timing: Timing,
    task: ScheduledTask,
    overlap,
    missedRuns,
    isPaused: Type.Boolean({ default: false, description: 'Whether it starts paused.' }),
  },
  { title: 'ScheduleCreate', description: 'A task that is submitted by the clock.' },
)
export type ScheduleCreate = Static<typeof ScheduleCreate>

export const ScheduleView = closedObject(
  {
    scheduleId: ScheduleId,
    description,
    timing: Timing,
    taskType: TaskSubmit.properties.type,
    overlap,
    missedRuns,
    isPaused: Type.Boolean({ description: 'Whether no run starts by itself.' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    nextRunAt: Type.Optional(
      annotate(Timestamp, {
        description: 'When it runs next, also where it is paused; absent where no run follows.',
      }),
    ),
    runCount: Count('Runs that submitted a task.'),
    skippedCount: Count('Runs that were left out; missed runs in a row count once.'),
    lastRun: Type.Optional(
      closedObject(
        {
          fireAt: annotate(Timestamp, { description: 'The time that the run was for.' }),
          taskId: TaskId,
        },
        { description: 'The newest run.' },
      ),
    ),
  },
  { title: 'Schedule', description: 'A schedule as it stands.' },
)
export type ScheduleView = Static<typeof ScheduleView>

export const SchedulePage = closedObject(
  {
    schedules: Type.Array(ScheduleView, {
      maxItems: LIMITS.pageSizeMax,
      description: 'In the order of their ids.',
    }),
    ...NEXT_PAGE,
  },
  { title: 'SchedulePage', description: 'A page of schedules.' },
)
export type SchedulePage = Static<typeof SchedulePage>
