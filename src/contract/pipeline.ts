import { type Static, Type } from '@sinclair/typebox'
import type { TaskSubmitInput } from './inputs.ts'
import { LIMITS } from './limits.ts'
import { closedObject } from './schema.ts'
import { TaskSubmit } from './task.ts'
import { CONTROLLED } from './task-controls.ts'

const {
  type,
  capabilities,
  payload,
  priority,
  maxAttempts,
  timeoutMs,
  backoff,
  resources,
  affinityKey,
  memoryRefs,
  metadata,
  labels,
} = TaskSubmit.properties

const PipelineStage = closedObject(
  {
    type,
    capabilities,
    priority,
    maxAttempts,
    timeoutMs,
    backoff,
    resources,
    affinityKey,
    memoryRefs,
    metadata,
    labels,
    ...CONTROLLED,
  },
  {
    title: 'PipelineStage',
    description: 'One stage: a task whose payload is the result of the stage before.',
  },
)

export const PipelineSubmit = closedObject(
  {
    stages: Type.Array(PipelineStage, {
      minItems: 1,
      maxItems: LIMITS.pipelineStagesMax,
      description: 'In the order in which they are done; each starts when the one before is completed.',
    }),
    payload,
  },
  {
    title: 'PipelineSubmit',
    description: 'Work that passes from agent to agent; the payload is what the first stage gets.',
  },
)
export type PipelineSubmit = Static<typeof PipelineSubmit>
/** As a client may write it: a stage needs its `type` alone. */
export interface PipelineSubmitInput {
  readonly stages: readonly (Pick<TaskSubmitInput, 'type'> & Partial<Static<typeof PipelineStage>>)[]
  readonly payload?: unknown
}
