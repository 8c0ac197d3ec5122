import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { AgentId, Features, Name, TaskId } from './scalars.ts'
import { closedObject } from './schema.ts'

function data<P extends TProperties>(title: string, description: string, properties: P): TObject<P> {
  return closedObject(properties, { title, description })
}

/** Events of what the swarm learns from its work. */
export const LEARNING_EVENTS = {
  'learning.outcome': data(
    'LearningOutcomeData',
    'An agent or a client reported how a piece of work ended and by which method it was done.',
    {
      taskType: Name,
      method: Name,
      isSuccess: Type.Boolean({ description: 'Whether the work succeeded.' }),
      agentId: Type.Optional(AgentId),
      taskId: Type.Optional(TaskId),
      durationMs: Type.Optional(
        Type.Number({ minimum: 0, description: 'How long the work took, in milliseconds.' }),
      ),
      cost: Type.Optional(Type.Number({ minimum: 0, description: "Cost, in the swarm's own unit." })),
      features: Type.Optional(Features),
    },
  ),
} as const
