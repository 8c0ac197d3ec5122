import { Type } from '@sinclair/typebox'
import { AgentId, Name, TaskId } from './scalars.ts'
import { annotate } from './schema.ts'
import { TaskPhase, TaskStatus } from './task.ts'

/** Which tasks a list shows. */
export const TaskFilterQuery = {
  status: Type.Optional(TaskStatus),
  phase: Type.Optional(TaskPhase),
  type: Type.Optional(annotate(Name, { description: 'Only tasks of this type.' })),
  agentId: Type.Optional(
    annotate(AgentId, { description: 'Only tasks this agent holds or was the last to hold.' }),
  ),
  parentTaskId: Type.Optional(annotate(TaskId, { description: 'Only parts of this task.' })),
}
