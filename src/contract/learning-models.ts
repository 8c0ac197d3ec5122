import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, NAME_PATTERN, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, distinct, namedValues, textEnum } from './schema.ts'

const LENGTH_MAX = LIMITS.modelBytesMax / 4

export const ModelName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the model within its swarm. Lower-case letters, digits and hyphens.',
  examples: ['digits'],
})
export const RoundId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the learning round within its swarm; given by the server.',
  examples: ['019ab3f2-91a0-7c11-8e20-1d2c3b4a5f60'],
})
export const Version = Type.Integer({
  minimum: 1,
  maximum: 1e9,
  description: 'Version of the model, 1 at first.',
})

const NumberFormat = textEnum(['float32', 'float64'], {
  description: 'How the numbers are written: IEEE 754, little-endian, one after the other.',
})
const Shape = Type.Array(Type.Integer({ minimum: 1, maximum: LENGTH_MAX, description: 'Size.' }), {
  minItems: 1,
  maxItems: 8,
  description: `Dimensions of the model. Their product is the number of numbers, at most ${LIMITS.modelBytesMax / 1024 / 1024} MiB in all.`,
})
const Parameters = namedValues(
  NAME_PATTERN,
  Type.Number({ minimum: -1e15, maximum: 1e15, description: 'Value.' }),
  {
    description: 'What the clients train with, for instance `{"epochs": 5}`. The server does not read it.',
    maxProperties: LIMITS.featuresMax,
  },
)
const Metrics = namedValues(
  NAME_PATTERN,
  Type.Number({ minimum: -1e15, maximum: 1e15, description: 'Value.' }),
  { description: 'Values by the name of the metric.', maxProperties: LIMITS.featuresMax },
)

export const TRAINING_ROUND_PROPERTIES = {
  roundId: RoundId,
  model: ModelName,
  baseVersion: annotate(Version, { description: 'The version to start from.' }),
  format: NumberFormat,
  shape: Shape,
  parameters: Parameters,
  deadline: annotate(Timestamp, { description: 'The round takes no update after this time.' }),
}

export const ModelCreate = closedObject(
  {
    model: ModelName,
    description: Type.Optional(Text('What it is for.')),
    format: NumberFormat,
    shape: Shape,
  },
  { title: 'ModelCreate', description: 'A model without a version.' },
)
export type ModelCreate = Static<typeof ModelCreate>

export const ModelVersionView = closedObject(
  {
    version: Version,
    createdAt: Timestamp,
    roundId: Type.Optional(
      annotate(RoundId, { description: 'The round that made it; left out where it was uploaded.' }),
    ),
    evaluations: namedValues(
      NAME_PATTERN,
      closedObject(
        {
          mean: Type.Number({ description: 'Mean over the evaluators, weighted by their samples.' }),
          sampleCount: Count('Samples of all evaluators.'),
          evaluatorCount: Count('Evaluators.'),
        },
        { title: 'EvaluationView', description: 'What was measured of a version.' },
      ),
      { description: 'By metric, what evaluators measured on data of their own.', maxProperties: 32 },
    ),
  },
  { title: 'ModelVersion', description: 'A version of a model.' },
)

export const ModelView = closedObject(
  {
    model: ModelName,
    description: Text('What it is for.'),
    format: NumberFormat,
    shape: Shape,
    createdAt: Timestamp,
    currentVersion: Count('The version that clients start from; 0 before the first.'),
    versions: Type.Array(ModelVersionView, {
      maxItems: 1_000,
      description: 'Those that are kept, oldest first.',
    }),
  },
  { title: 'Model', description: 'A named vector that agents train together.' },
)
export type ModelView = Static<typeof ModelView>

export const ModelList = closedObject(
  { models: Type.Array(ModelView, { maxItems: 10_000, description: 'In the order of their names.' }) },
  { title: 'ModelList', description: 'The models of a swarm.' },
)
export type ModelList = Static<typeof ModelList>

export const ModelRollback = closedObject(
  { version: annotate(Version, { description: 'The version that clients start from again.' }) },
  { title: 'ModelRollback', description: 'Back to a version.' },
)

export const ModelEvaluation = closedObject(
  {
    metric: Type.String({
      pattern: NAME_PATTERN,
      maxLength: LIMITS.nameLengthMax,
      description: 'What was measured.',
    }),
    value: Type.Number({ minimum: -1e15, maximum: 1e15, description: 'The value.' }),
    sampleCount: Type.Integer({ minimum: 1, maximum: 1e9, description: 'Samples it was measured on.' }),
    agentId: Type.Optional(
      annotate(AgentId, { description: 'The agent that measured. Left out by agents and by clients.' }),
    ),
  },
  { title: 'ModelEvaluation', description: 'What an agent or a client measured of a version.' },
)
export type ModelEvaluation = Static<typeof ModelEvaluation>

const byzantineMax = Type.Integer({
  minimum: 0,
  maximum: 1_000,
  description: 'Most agents that may lie.',
})
export const Aggregator = Type.Union(
  [
    closedObject(
      { kind: Type.Literal('fedavg') },
      { description: 'Mean weighted by samples. One lying agent can move it anywhere.' },
    ),
    closedObject({ kind: Type.Literal('median') }, { description: 'Median of each number.' }),
    closedObject(
      { kind: Type.Literal('trimmed_mean'), byzantineMax },
      {
        description:
          'Mean of each number without its `byzantineMax` lowest and highest. Needs more than 2 · `byzantineMax` updates.',
      },
    ),
    closedObject(
      { kind: Type.Literal('krum'), byzantineMax },
      {
        description:
          'The update that is closest to its neighbours. Needs more than 2 · `byzantineMax` + 2 updates.',
      },
    ),
    closedObject(
      {
        kind: Type.Literal('multi_krum'),
        byzantineMax,
        selectedCount: Type.Integer({
          minimum: 1,
          maximum: 1_000,
          description: 'Updates that are averaged.',
        }),
      },
      { description: 'Mean of the `selectedCount` updates that are closest to their neighbours.' },
    ),
  ],
  { title: 'Aggregator', description: 'How the updates become one model.' },
)

const Leadership = closedObject(
  {
    epoch: Count('Epoch of the electorate.'),
    term: Count('Term of the election.'),
  },
  {
    title: 'Leadership',
    description: 'The leadership under which an agent gives an order; an older one is refused.',
  },
)

export const RoundOpen = closedObject(
  {
    model: ModelName,
    aggregator: Aggregator,
    clientsMin: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 1,
      description: 'Fewest updates with which the round completes.',
    }),
    durationMs: Type.Integer({
      minimum: 100,
      maximum: 86_400_000,
      description: 'The round closes after this time, whoever is missing, in milliseconds.',
    }),
    clientFraction: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'What part of the agents that are connected is asked, drawn at random.',
    }),
    agentIds: Type.Optional(
      distinct(AgentId, {
        maxItems: 1_000,
        description: 'The agents to ask, in place of those that are connected.',
      }),
    ),
    parameters: annotate(Parameters, { default: {} }),
    agentId: Type.Optional(
      annotate(AgentId, {
        description:
          'The agent that opens the round; it has to lead the swarm. Left out by agents and by clients.',
      }),
    ),
  },
  { title: 'RoundOpen', description: 'A learning round to open.' },
)
export type RoundOpen = Static<typeof RoundOpen>

export const RoundEnd = closedObject(
  {
    agentId: Type.Optional(
      annotate(AgentId, { description: 'The agent that orders. Left out by agents and by clients.' }),
    ),
    leadership: Type.Optional(Leadership),
  },
  {
    title: 'RoundEnd',
    description: 'An order to end a round. Agents name the leadership under which they give it.',
  },
)
export type RoundEnd = Static<typeof RoundEnd>

const RefusalReason = textEnum(
  [
    'not_invited',
    'duplicate',
    'stale_round',
    'round_closed',
    'wrong_shape',
    'not_finite',
    'bad_weight',
    'damaged',
  ],
  { description: 'Why the update was refused.' },
)

export const RoundView = closedObject(
  {
    roundId: RoundId,
    model: ModelName,
    baseVersion: Version,
    status: textEnum(['open', 'aggregating', 'completed', 'failed'], { description: 'State of the round.' }),
    aggregator: Aggregator,
    clientsMin: Count('Fewest updates with which the round completes.'),
    parameters: Parameters,
    coordinator: Type.Optional(
      closedObject(
        { agentId: AgentId, epoch: Count('Epoch of the electorate.'), term: Count('Term of the election.') },
        { title: 'RoundCoordinator', description: 'The leader that may end the round.' },
      ),
    ),
    openedAt: Timestamp,
    deadline: Timestamp,
    invited: Type.Array(AgentId, { maxItems: 100_000, description: 'The agents that were asked.' }),
    absent: Type.Array(AgentId, { maxItems: 100_000, description: 'Invited agents that declined or left.' }),
    updates: Type.Array(
      closedObject(
        {
          agentId: AgentId,
          sampleCount: Count('Samples it trained on.'),
          sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the bytes.' }),
          bytes: Count('Size.'),
          metrics: Metrics,
        },
        { title: 'RoundUpdate', description: 'An update that was taken.' },
      ),
      { maxItems: 100_000, description: 'In the order in which they came.' },
    ),
    refusals: Type.Array(
      closedObject(
        { agentId: AgentId, reason: RefusalReason },
        { title: 'RoundRefusal', description: 'An update that was refused.' },
      ),
      { maxItems: 100, description: 'The newest 100.' },
    ),
    closedBy: Type.Optional(
      textEnum(['all_answered', 'deadline', 'leader', 'operator'], {
        description: 'Why it takes no more updates.',
      }),
    ),
    failure: Type.Optional(
      textEnum(['too_few_updates', 'canceled', 'model_changed', 'model_missing', 'aggregation_failed'], {
        description: 'Why it failed.',
      }),
    ),
    version: Type.Optional(annotate(Version, { description: 'The version that it made.' })),
    endedAt: Type.Optional(Timestamp),
  },
  { title: 'Round', description: 'A learning round.' },
)
export type RoundView = Static<typeof RoundView>

export const RoundList = closedObject(
  { rounds: Type.Array(RoundView, { maxItems: 1_000, description: 'Newest first.' }) },
  { title: 'RoundList', description: 'The learning rounds of a swarm.' },
)
export type RoundList = Static<typeof RoundList>
