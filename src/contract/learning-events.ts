import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { ModelName as model } from './learning-models.ts'
import { AgentId, Count, Features, Name, TaskId, Text } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

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
  'learning.model_created': data('LearningModelCreatedData', 'A model was created.', {
    format: textEnum(['float32', 'float64'], { description: 'How its numbers are written.' }),
    shape: Type.Array(Count('Size.'), { maxItems: 8, description: 'Dimensions.' }),
  }),
  'learning.model_updated': data('LearningModelUpdatedData', 'A version of the model was uploaded.', {
    version: Count('The version.'),
  }),
  'learning.model_rolled_back': data(
    'LearningModelRolledBackData',
    'Clients start from an older version of the model again.',
    { version: Count('The version that clients start from.'), from: Count('The version before.') },
  ),
  'learning.round_opened': data('LearningRoundOpenedData', 'A learning round was opened.', {
    model,
    baseVersion: Count('The version that clients start from.'),
    aggregator: textEnum(['fedavg', 'median', 'trimmed_mean', 'krum', 'multi_krum'], {
      description: 'How the updates become one model.',
    }),
    invitedCount: Count('Agents that were asked to train.'),
  }),
  'learning.update_accepted': data('LearningUpdateAcceptedData', 'An update was taken.', {
    model,
    agentId: AgentId,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the bytes.' }),
    bytes: Count('Size.'),
    weight: Count('Samples that the agent trained on.'),
  }),
  'learning.update_refused': data('LearningUpdateRefusedData', 'An update was refused.', {
    model,
    agentId: AgentId,
    reason: Text('Why.'),
  }),
  'learning.coordinator_changed': data(
    'LearningCoordinatorChangedData',
    'Another leader coordinates the round from now on.',
    {
      model,
      agentId: AgentId,
      epoch: Count('Epoch of the electorate.'),
      term: Count('Term of the election.'),
    },
  ),
  'learning.round_closed': data('LearningRoundClosedData', 'The round takes no more updates.', {
    model,
    by: textEnum(['all_answered', 'deadline', 'leader', 'operator'], { description: 'Why.' }),
    updateCount: Count('Updates that were taken.'),
  }),
  'learning.round_completed': data('LearningRoundCompletedData', 'The round made a version of the model.', {
    model,
    version: Count('The version.'),
    updateCount: Count('Updates that were taken.'),
  }),
  'learning.round_failed': data('LearningRoundFailedData', 'The round made no version of the model.', {
    model,
    cause: textEnum(['too_few_updates', 'canceled', 'model_changed', 'model_missing', 'aggregation_failed'], {
      description: 'Why.',
    }),
    updateCount: Count('Updates that were taken.'),
  }),
} as const
