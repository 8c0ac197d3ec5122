import { Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Name, TaskId, Timestamp } from './scalars.ts'
import { annotate, freeText, textEnum } from './schema.ts'
import { TaskPhase, TaskStatus } from './task.ts'

const time = (description: string) => Type.Optional(annotate(Timestamp, { description }))

/** Which tasks a list shows, and in which order. */
export const TaskFilterQuery = {
  status: Type.Optional(TaskStatus),
  phase: Type.Optional(TaskPhase),
  type: Type.Optional(annotate(Name, { description: 'Only tasks of this type.' })),
  agentId: Type.Optional(
    annotate(AgentId, { description: 'Only tasks this agent holds or was the last to hold.' }),
  ),
  parentTaskId: Type.Optional(annotate(TaskId, { description: 'Only parts of this task.' })),
  label: Type.Optional(
    freeText({
      maxLength: 2 * LIMITS.nameLengthMax + 1,
      description: 'Only tasks with this label, as `name=value`.',
    }),
  ),
  fairnessKey: Type.Optional(annotate(Name, { description: 'Only tasks with this `fairnessKey`.' })),
  scheduleId: Type.Optional(
    Type.String({ maxLength: LIMITS.idLengthMax, description: 'Only tasks that this schedule submitted.' }),
  ),
  errorCode: Type.Optional(
    annotate(Name, { description: 'Only tasks whose last failure has this code, for instance `timeout`.' }),
  ),
  createdAfter: time('Only tasks that were submitted at this time or later.'),
  createdBefore: time('Only tasks that were submitted before this time.'),
  finishedAfter: time('Only tasks that reached their final state at this time or later.'),
  finishedBefore: time('Only tasks that reached their final state before this time.'),
  inPhaseSince: time('Only tasks that have been in their phase since before this time.'),
  noProgressSince: time('Only tasks whose agent has reported nothing on them since this time.'),
  sort: textEnum(['createdAt', '-createdAt'], {
    default: '-createdAt',
    description: 'Oldest first, or newest first.',
  }),
}
