import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, NEXT_PAGE, Ratio, TaskId, Text, Timestamp } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

const PATTERN_KINDS = [
  'herding',
  'ping_pong',
  'wait_cycle',
  'failure_cascade',
  'specialisation',
  'polarisation',
  'synchrony',
  'clusters',
] as const

export const PatternKind = textEnum(PATTERN_KINDS, { description: 'The kind of pattern.' })
export type PatternKind = Static<typeof PatternKind>

export const PatternStatus = textEnum(['active', 'ended'], {
  description:
    '`ended`: its detector did not see it in two judgements in a row, or it was not seen for 10 minutes.',
})
export const PatternSeverity = textEnum(['low', 'medium', 'high'], {
  description: 'Follows from the effect alone: `low` below 0.33, `medium` below 0.66, `high` from there on.',
})

const detector = (window: number, minimum: number, maximum: number, unit: string, action: string) => ({
  isEnabled: Type.Boolean({ description: 'Whether the detector runs. Default true.' }),
  window: Type.Integer({
    minimum,
    maximum,
    description: `Length of a window in ${unit}. Default ${window}.`,
  }),
  isResponding: Type.Boolean({
    description: `Whether the swarm responds by itself: ${action} Default false.`,
  }),
})

const NOTIFY = 'the server logs a warning for the operator.'
const DETECTORS = {
  herding: detector(60, 20, 2_000, 'assignments', 'tasks are placed by power of two choices for 10 min.'),
  ping_pong: detector(100, 20, 10_000, 'new tasks', 'the bounced tasks go to other agents for 5 min.'),
  wait_cycle: detector(10, 1, 1_000, 'events', 'the task whose wait closed the cycle fails.'),
  failure_cascade: detector(50, 1, 3_600, 'seconds', 'circuit breakers of the agents that failed most open.'),
  specialisation: detector(250, 50, 5_000, 'assignments', NOTIFY),
  polarisation: detector(20, 8, 200, 'proposals', NOTIFY),
  synchrony: detector(100, 1, 3_600, 'seconds', 'each agent rests for a random part of the common period.'),
  clusters: detector(400, 80, 5_000, 'ties', NOTIFY),
}

/** Each of the kinds under its name. */
function byKind<V>(of: (kind: PatternKind) => V): { [K in PatternKind]: V } {
  return Object.fromEntries(PATTERN_KINDS.map((kind) => [kind, of(kind)])) as { [K in PatternKind]: V }
}

export const PatternSettings = closedObject(
  byKind((kind) => closedObject(DETECTORS[kind], { description: `The detector of ${kind}.` })),
  {
    title: 'PatternSettings',
    description: 'Which patterns the swarm looks for, and what it does about them.',
  },
)
export type PatternSettings = Static<typeof PatternSettings>

export const PatternSettingsPatch = closedObject(
  byKind((kind) => {
    const { isEnabled, window, isResponding } = DETECTORS[kind]
    return Type.Optional(
      closedObject(
        {
          isEnabled: Type.Optional(isEnabled),
          window: Type.Optional(window),
          isResponding: Type.Optional(isResponding),
        },
        { description: `The detector of ${kind}.` },
      ),
    )
  }),
  { title: 'PatternSettingsPatch', description: 'Settings of detectors; what is left out stays as it is.' },
)

export const PatternId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the pattern within its swarm; given by the server. Ids sort by age.',
  examples: ['000000001234-ping-pong'],
})

const agentIds = (description: string) => Type.Array(AgentId, { maxItems: 64, description })
const taskIds = (description: string) => Type.Array(TaskId, { maxItems: 64, description })

const PatternAction = textEnum(
  ['spread_load', 'break_bounce', 'fail_task', 'open_breakers', 'stagger', 'notify_operator'],
  { description: 'What the swarm did.' },
)

const PatternGroup = closedObject(
  {
    label: Type.String({
      maxLength: LIMITS.nameLengthMax,
      description: 'A task type, `bloc 1` or `community 1`.',
    }),
    agentIds: agentIds('Its agents.'),
  },
  { title: 'PatternGroup', description: 'Agents that the pattern tells apart from others.' },
)

/** What a detection says; the same in the event and in the record. */
const DETECTION = {
  kind: PatternKind,
  severity: PatternSeverity,
  effect: Ratio(
    'Size of the effect, 0 (none) to 1. What it measures depends on the kind: see docs/patterns.md.',
  ),
  pValue: Ratio('Chance of such a finding in one judgement under the null model; 0 for an exact detector.'),
  agentIds: agentIds('Agents that take part, those with the largest part first.'),
  taskIds: taskIds('Tasks that take part, newest first; empty where the pattern is not one of tasks.'),
  evidence: Type.Array(Type.Integer({ minimum: 1 }), {
    maxItems: 64,
    description: 'Sequence numbers of events that show the pattern, oldest first.',
  }),
  groups: Type.Array(PatternGroup, {
    maxItems: 128,
    description: 'Specialists of a type, blocs or communities.',
  }),
}

const RESPONSE = {
  action: PatternAction,
  agentIds: agentIds('Agents that it concerned.'),
  taskIds: taskIds('Tasks that it concerned.'),
  durationMs: Count('How long it lasts, in milliseconds; 0 where it happens at once.'),
}

/** What events about patterns carry. */
export const PATTERN_EVENTS = {
  'pattern.detected': closedObject(DETECTION, {
    title: 'PatternDetectedData',
    description: 'A detector saw a pattern in the log.',
  }),
  'pattern.ended': closedObject(
    {
      kind: PatternKind,
      severity: PatternSeverity,
      findings: Count('How often the detector saw it.'),
      seenForMs: Count('From the first to the last time that it was seen, in milliseconds.'),
    },
    { title: 'PatternEndedData', description: 'The pattern is not seen any more.' },
  ),
  'pattern.responded': closedObject(
    { kind: PatternKind, ...RESPONSE },
    { title: 'PatternRespondedData', description: 'The swarm did something about a pattern.' },
  ),
} as const

const PatternReview = closedObject(
  {
    verdict: textEnum(['acknowledged', 'dismissed'], { description: 'What the operator said.' }),
    by: Type.String({ maxLength: LIMITS.nameLengthMax, description: 'Name of the credential.' }),
    at: Timestamp,
    note: Type.Optional(Text('Why, for people.')),
  },
  { title: 'PatternReview', description: 'What an operator said of a pattern; the newest counts.' },
)

export const PatternView = closedObject(
  {
    patternId: PatternId,
    status: PatternStatus,
    ...DETECTION,
    findings: Count('How often the detector saw it.'),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    firstSequence: Count('Sequence number of the oldest event of the first evidence.'),
    lastSequence: Count('Sequence number of the newest event of the newest evidence.'),
    review: Type.Optional(PatternReview),
    responses: Type.Array(
      closedObject(
        { ...RESPONSE, at: Timestamp },
        { title: 'PatternResponse', description: 'One thing that the swarm did about the pattern.' },
      ),
      { maxItems: 16, description: 'The newest responses, oldest first.' },
    ),
  },
  { title: 'Pattern', description: 'A pattern that the swarm noticed in its event log.' },
)
export type PatternView = Static<typeof PatternView>

export const PATTERN_FILTER_QUERY = {
  kind: Type.Optional(PatternKind),
  status: Type.Optional(PatternStatus),
  severity: Type.Optional(PatternSeverity),
  agentId: Type.Optional(AgentId),
}

export const PatternPage = closedObject(
  {
    patterns: Type.Array(PatternView, { maxItems: LIMITS.pageSizeMax, description: 'Newest first.' }),
    ...NEXT_PAGE,
  },
  { title: 'PatternPage', description: 'A page of patterns.' },
)
export type PatternPage = Static<typeof PatternPage>

export const PatternReviewRequest = closedObject(
  { note: Type.Optional(Text('Why, for people.')) },
  { title: 'PatternReviewRequest', description: 'What the operator has to say of the pattern.' },
)
export type PatternReviewRequest = Static<typeof PatternReviewRequest>
