import { type Static, Type } from '@sinclair/typebox'
import { closedObject } from './schema.ts'

export const TaskRetryRequest = closedObject(
  {
    includeDependents: Type.Boolean({
      default: true,
      description:
        'Also retry the tasks that failed because this task did not complete, for instance the later stages of a pipeline, and the tasks that failed because of them; at most 500 tasks in all.',
    }),
  },
  { title: 'TaskRetryRequest', description: 'What a retry includes.' },
)
export type TaskRetryRequest = Static<typeof TaskRetryRequest>
