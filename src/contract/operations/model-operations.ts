import { Type } from '@sinclair/typebox'
import {
  ModelCreate,
  ModelEvaluation,
  ModelList,
  ModelName,
  ModelRollback,
  ModelView,
  RoundEnd,
  RoundId,
  RoundList,
  RoundOpen,
  RoundView,
  Version,
} from '../learning-models.ts'
import { LIMITS } from '../limits.ts'
import { AgentId, SwarmId } from '../scalars.ts'
import { annotate, closedObject } from '../schema.ts'
import { SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const BYTES = 'application/octet-stream'
const Bytes = Type.String({
  contentMediaType: BYTES,
  maxLength: LIMITS.modelBytesMax,
  description: 'The numbers one after the other, little-endian IEEE 754 in the format of the model.',
})

const ModelParams = closedObject({ swarmId: SwarmId, model: ModelName })
const VersionParams = closedObject({
  swarmId: SwarmId,
  model: ModelName,
  version: Type.String({
    pattern: '^(?:current|[1-9][0-9]{0,8})$',
    description: 'A version, or `current`.',
    maxLength: 9,
  }),
})
const RoundParams = closedObject({ swarmId: SwarmId, roundId: RoundId })
const ClientParams = closedObject({ swarmId: SwarmId, roundId: RoundId, agentId: AgentId })

const ROUND = { 200: { description: 'The round.', schema: RoundView } }
const MODEL = { 200: { description: 'The model.', schema: ModelView } }
const MODELS = '/v1/swarms/{swarmId}/learning/models'
const ROUNDS = '/v1/swarms/{swarmId}/learning/rounds'
const AWAY = ['store_unavailable', 'coordinator_unavailable'] as const

export const MODEL_OPERATIONS = {
  createModel: defineOperation({
    operationId: 'createModel',
    method: 'POST',
    path: MODELS,
    tag: 'learning',
    summary: 'Create a model',
    description: 'A named vector that agents train together. It has no version before one is uploaded.',
    access: 'submitter',
    params: SwarmParams,
    body: ModelCreate,
    replies: { 201: { description: 'The model.', schema: ModelView } },
    problems: ['swarm_not_found', 'model_exists', 'model_unsound', 'limit_exceeded', ...AWAY],
  }),
  listModels: defineOperation({
    operationId: 'listModels',
    method: 'GET',
    path: MODELS,
    tag: 'learning',
    summary: 'List models',
    description: 'All models of the swarm with the versions that are kept.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The models.', schema: ModelList } },
    problems: ['swarm_not_found', 'store_unavailable'],
  }),
  addModelVersion: defineOperation({
    operationId: 'addModelVersion',
    method: 'POST',
    path: `${MODELS}/{model}/versions`,
    tag: 'learning',
    summary: 'Upload a version of a model',
    description: 'The version becomes the current one. The oldest versions leave.',
    access: 'submitter',
    params: ModelParams,
    bytes: Bytes,
    bodyBytesMax: LIMITS.modelBytesMax,
    replies: { 201: { description: 'The model.', schema: ModelView } },
    problems: ['swarm_not_found', 'model_not_found', 'model_unsound', 'limit_exceeded', ...AWAY],
  }),
  readModelVersion: defineOperation({
    operationId: 'readModelVersion',
    method: 'GET',
    path: `${MODELS}/{model}/versions/{version}/content`,
    tag: 'learning',
    summary: 'Read a version of a model',
    description:
      'The headers `X-Model-Version` and `X-Model-Format` tell the version and how its numbers are written.',
    access: 'viewer',
    params: VersionParams,
    replies: { 200: { description: 'The bytes.', schema: Bytes, mediaType: BYTES } },
    problems: ['swarm_not_found', 'model_not_found', 'store_unavailable'],
  }),
  rollBackModel: defineOperation({
    operationId: 'rollBackModel',
    method: 'POST',
    path: `${MODELS}/{model}/rollback`,
    tag: 'learning',
    summary: 'Roll a model back',
    description:
      'Clients start from the version again. A round under way that started from another version fails.',
    access: 'operator',
    params: ModelParams,
    body: ModelRollback,
    replies: MODEL,
    problems: ['swarm_not_found', 'model_not_found', ...AWAY],
  }),
  evaluateModel: defineOperation({
    operationId: 'evaluateModel',
    method: 'POST',
    path: `${MODELS}/{model}/versions/{version}/evaluations`,
    tag: 'learning',
    summary: 'Report an evaluation',
    description:
      'What an agent or a client measured of a version on data of its own, so that versions can be compared. It replaces what the same evaluator reported before of the same metric.',
    access: 'participant',
    params: VersionParams,
    body: ModelEvaluation,
    replies: MODEL,
    problems: ['swarm_not_found', 'model_not_found', 'limit_exceeded', ...AWAY],
  }),
  openRound: defineOperation({
    operationId: 'openRound',
    method: 'POST',
    path: ROUNDS,
    tag: 'learning',
    summary: 'Open a learning round',
    description:
      'Asks agents to train the current version of the model and to send what they trained. An agent may open a round while it leads the swarm. The round goes on when the leader changes.',
    access: 'participant',
    params: SwarmParams,
    body: RoundOpen,
    replies: { 201: { description: 'The round.', schema: RoundView } },
    problems: [
      'swarm_not_found',
      'model_not_found',
      'agent_not_found',
      'round_refused',
      'limit_exceeded',
      ...AWAY,
    ],
  }),
  listRounds: defineOperation({
    operationId: 'listRounds',
    method: 'GET',
    path: ROUNDS,
    tag: 'learning',
    summary: 'List learning rounds',
    description: 'Rounds under way and the newest that are over.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The rounds, newest first.', schema: RoundList } },
    problems: ['swarm_not_found', 'store_unavailable'],
  }),
  getRound: defineOperation({
    operationId: 'getRound',
    method: 'GET',
    path: `${ROUNDS}/{roundId}`,
    tag: 'learning',
    summary: 'Get a learning round',
    description: 'Who was asked, whose updates were taken or refused, and what became of the round.',
    access: 'viewer',
    params: RoundParams,
    replies: ROUND,
    problems: ['swarm_not_found', 'round_not_found', 'store_unavailable'],
  }),
  sendUpdate: defineOperation({
    operationId: 'sendUpdate',
    method: 'POST',
    path: `${ROUNDS}/{roundId}/updates/{agentId}`,
    tag: 'learning',
    summary: 'Send an update',
    description:
      'What the agent trained: all numbers of the model. Each invited agent sends one. A refused update is named in the round.',
    access: 'agent',
    params: ClientParams,
    query: closedObject({
      baseVersion: annotate(Version, { description: 'The version that the agent started from.' }),
      sampleCount: Type.Integer({
        minimum: 1,
        maximum: 1e9,
        description: 'Samples that the agent trained on.',
      }),
      loss: Type.Optional(
        Type.Number({ minimum: -1e15, maximum: 1e15, description: 'What the agent measured.' }),
      ),
    }),
    bytes: Bytes,
    bodyBytesMax: LIMITS.modelBytesMax,
    replies: { 202: { description: 'The round.', schema: RoundView } },
    problems: [
      'swarm_not_found',
      'round_not_found',
      'agent_not_found',
      'update_refused',
      'limit_exceeded',
      ...AWAY,
    ],
  }),
  declineRound: defineOperation({
    operationId: 'declineRound',
    method: 'POST',
    path: `${ROUNDS}/{roundId}/updates/{agentId}/decline`,
    tag: 'learning',
    summary: 'Decline to train',
    description: 'The round does not wait for the agent.',
    access: 'agent',
    params: ClientParams,
    replies: ROUND,
    problems: ['swarm_not_found', 'round_not_found', ...AWAY],
  }),
  closeRound: defineOperation({
    operationId: 'closeRound',
    method: 'POST',
    path: `${ROUNDS}/{roundId}/close`,
    tag: 'learning',
    summary: 'Close a learning round',
    description:
      'Takes no more updates and aggregates those that are there; it fails where they are too few.',
    access: 'participant',
    params: RoundParams,
    body: RoundEnd,
    isBodyOptional: true,
    replies: ROUND,
    problems: ['swarm_not_found', 'round_not_found', 'round_refused', ...AWAY],
  }),
  cancelRound: defineOperation({
    operationId: 'cancelRound',
    method: 'POST',
    path: `${ROUNDS}/{roundId}/cancel`,
    tag: 'learning',
    summary: 'Cancel a learning round',
    description: 'The round fails, and its updates are dropped.',
    access: 'participant',
    params: RoundParams,
    body: RoundEnd,
    isBodyOptional: true,
    replies: ROUND,
    problems: ['swarm_not_found', 'round_not_found', 'round_refused', ...AWAY],
  }),
} as const
