import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Count, NEXT_PAGE, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'

export const TrailSetName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the trail set within its swarm. Lower-case letters, digits and hyphens.',
  examples: ['routes'],
})

const Edge = Type.String({
  minLength: 1,
  maxLength: LIMITS.trailEdgeLengthMax,
  description: 'Names an edge or key; any text. An edge needs no creation.',
})

const Edges = (description: string) =>
  Type.Array(Edge, { minItems: 1, maxItems: LIMITS.trailEdgesPerRequestMax, description })

const level = (description: string) =>
  Type.Number({ minimum: 0, maximum: LIMITS.trailAmountMax, description })

const Evaporation = closedObject(
  {
    unit: textEnum(['ms', 'deposits'], {
      description:
        'What time is: `ms` milliseconds, `deposits` deposit requests to this set; a request with many deposits counts as one.',
    }),
    halfLife: Type.Optional(
      Type.Number({
        minimum: 0.001,
        maximum: 1e13,
        description: 'Units after which half of a level is left. Either this or `rate`.',
      }),
    ),
    rate: Type.Optional(
      Type.Number({
        minimum: 0,
        exclusiveMaximum: 1,
        description:
          'Fraction of a level that is lost in one unit; 0: nothing evaporates. Either this or `halfLife`.',
      }),
    ),
  },
  { title: 'Evaporation', description: 'How levels fade; computed from time, exactly.' },
)

const LimitsApplied = textEnum(['read', 'deposit'], {
  description:
    '`read`: the limits apply to what is read, and deposits commute. `deposit`: they apply after each deposit request as well, as in MAX-MIN ant systems. Default `read` for the unit `ms`, `deposit` for the unit `deposits`.',
})

const settings = {
  evaporation: Evaporation,
  min: level('Lowest level that is ever read. Default 0.'),
  max: level('Highest level that is ever read; not below `min`. Default 1 000 000.'),
  initial: level(
    'Level of every edge when the set is created; fades like a deposit. From `min` to `max`. Default `min`.',
  ),
  limitsApplied: LimitsApplied,
}

export const TrailSettings = closedObject(settings, {
  title: 'TrailSettings',
  description: 'How the trails of a set behave.',
})

export const TrailSetCreate = closedObject(
  {
    trailSet: TrailSetName,
    evaporation: Evaporation,
    min: Type.Optional(settings.min),
    max: Type.Optional(settings.max),
    initial: Type.Optional(settings.initial),
    limitsApplied: Type.Optional(LimitsApplied),
  },
  { title: 'TrailSetCreate', description: 'A new trail set. Its settings stay as they are.' },
)
export type TrailSetCreate = Static<typeof TrailSetCreate>

export const TrailSetView = closedObject(
  {
    trailSet: TrailSetName,
    ...settings,
    edgeCount: Count('Edges with a deposit that still counts.'),
    createdAt: Timestamp,
  },
  { title: 'TrailSet', description: 'A set of trails.' },
)
export type TrailSetView = Static<typeof TrailSetView>

export const TrailSetPage = closedObject(
  {
    trailSets: Type.Array(TrailSetView, { maxItems: LIMITS.pageSizeMax, description: 'By name.' }),
    ...NEXT_PAGE,
  },
  { title: 'TrailSetPage', description: 'A page of trail sets.' },
)
export type TrailSetPage = Static<typeof TrailSetPage>

export const TrailDeposits = closedObject(
  {
    deposits: Type.Array(
      closedObject(
        {
          edge: Edge,
          amount: Type.Number({
            minimum: -LIMITS.trailAmountMax,
            maximum: LIMITS.trailAmountMax,
            description: 'Added to the level; negative weakens the trail.',
          }),
        },
        { title: 'TrailDeposit', description: 'What is added to one edge.' },
      ),
      {
        minItems: 1,
        maxItems: LIMITS.trailEdgesPerRequestMax,
        description: 'All count, or none. Amounts of the same edge are summed first.',
      },
    ),
  },
  { title: 'TrailDeposits', description: 'Deposits of one moment.' },
)
export type TrailDeposits = Static<typeof TrailDeposits>

export const TrailRead = closedObject(
  { edges: Edges('The edges whose levels are read.') },
  { title: 'TrailRead', description: 'Which trails to read.' },
)
export type TrailRead = Static<typeof TrailRead>

const TrailLevel = closedObject(
  { edge: Edge, level: level('At the time of the read, within the limits of the set.') },
  { title: 'TrailLevel', description: 'An edge and its level.' },
)

export const TrailLevels = closedObject(
  {
    trails: Type.Array(TrailLevel, {
      maxItems: LIMITS.trailEdgesPerRequestMax,
      description: 'In the order of the request, or strongest first.',
    }),
  },
  { title: 'TrailLevels', description: 'Levels of trails at one moment.' },
)
export type TrailLevels = Static<typeof TrailLevels>

const exponent = (description: string) => Type.Number({ minimum: 0, maximum: 20, description })

export const TrailFollow = closedObject(
  {
    options: Type.Array(
      closedObject(
        {
          edge: Edge,
          heuristic: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1e12,
              description:
                'What speaks for the option beside its trail, for instance 1 / distance. Default 1.',
            }),
          ),
        },
        { title: 'TrailOption', description: 'An edge that can be followed.' },
      ),
      { minItems: 1, maxItems: LIMITS.trailEdgesPerRequestMax, description: 'What can be followed.' },
    ),
    alpha: Type.Optional(exponent('Weight of the trail. Default 1.')),
    beta: Type.Optional(exponent('Weight of the heuristic. Default 1.')),
    countMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.trailFollowMax,
        description: 'How many different options to draw. Default 1.',
      }),
    ),
  },
  {
    title: 'TrailFollow',
    description: 'Draws options with probability ∝ level^alpha · heuristic^beta.',
  },
)
export type TrailFollow = Static<typeof TrailFollow>

export const TrailFollowed = closedObject(
  {
    chosen: Type.Array(
      closedObject(
        {
          ...TrailLevel.properties,
          probability: Type.Number({
            minimum: 0,
            maximum: 1,
            description: 'Of the option at the first draw.',
          }),
        },
        { title: 'FollowedTrail', description: 'An option that was drawn.' },
      ),
      { maxItems: LIMITS.trailFollowMax, description: 'In the order in which they were drawn.' },
    ),
  },
  { title: 'TrailFollowed', description: 'What was drawn.' },
)
export type TrailFollowed = Static<typeof TrailFollowed>

export const TrailClear = closedObject(
  {
    edges: Type.Optional(Edges('Edges to set back; left out: all edges, to the initial level of a new set.')),
  },
  { title: 'TrailClear', description: 'What to set back.' },
)
export type TrailClear = Static<typeof TrailClear>

export const TrailCleared = closedObject(
  { edgeCount: Count('Edges that had a deposit.') },
  { title: 'TrailCleared', description: 'What was set back.' },
)
export type TrailCleared = Static<typeof TrailCleared>

export const TrailTopQuery = {
  countMax: Type.Integer({
    minimum: 1,
    maximum: LIMITS.trailTopMax,
    default: 20,
    description: 'Most trails to answer with.',
  }),
  prefix: annotate(Type.String({ maxLength: LIMITS.trailEdgeLengthMax }), {
    default: '',
    description: 'Only edges whose names begin with it.',
  }),
}
