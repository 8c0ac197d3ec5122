import { type Static, Type } from '@sinclair/typebox'
import { TenantId } from './consensus/signed.ts'
import { LIMITS } from './limits.ts'
import { PatternSettings, PatternSettingsPatch } from './patterns.ts'
import { LeaseMs, NEXT_PAGE, SwarmId, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'
import { Strategy, StrategyInput } from './strategy.ts'

export const TopologySettings = Type.Union(
  [
    closedObject({ kind: Type.Literal('mesh') }, { description: 'Everybody may talk to everybody.' }),
    closedObject(
      {
        kind: Type.Literal('hierarchical'),
        branching: Type.Integer({ minimum: 2, maximum: 64, description: 'Most children of one agent.' }),
      },
      { description: 'A tree with the elected leader as its root.' },
    ),
    closedObject(
      {
        kind: Type.Literal('ring'),
        direction: textEnum(['one_way', 'two_way'], { description: 'Ways round.' }),
      },
      { description: 'Each agent has one successor.' },
    ),
  ],
  { description: 'Who may talk to whom, and along which path.' },
)
export type TopologySettings = Static<typeof TopologySettings>

const limits = {
  openTasksMax: Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'Tasks not yet finished.' }),
  agentsMax: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Registered agents.' }),
  eventsMax: Type.Integer({
    minimum: 1_000,
    maximum: 100_000_000,
    description: 'Events kept in the log; a reader who asks for older ones is told of the gap.',
  }),
}

export const SwarmLimits = closedObject(limits, {
  title: 'SwarmLimits',
  description: 'Past one of them the answer is 429 `limit_exceeded`, which names it.',
})
export type SwarmLimits = Static<typeof SwarmLimits>

const description = Text('What the swarm is for.')

export const SwarmCreate = closedObject(
  {
    swarmId: SwarmId,
    description: annotate(description, { default: '' }),
    strategy: annotate(StrategyInput, { default: { kind: 'least_loaded' } }),
    topology: Type.Optional(TopologySettings),
    leaseMs: Type.Optional(LeaseMs),
    limits: Type.Optional(
      closedObject(
        {
          openTasksMax: Type.Optional(limits.openTasksMax),
          agentsMax: Type.Optional(limits.agentsMax),
          eventsMax: Type.Optional(limits.eventsMax),
        },
        { description: "The server's defaults where left out." },
      ),
    ),
    patterns: Type.Optional(PatternSettingsPatch),
  },
  { title: 'SwarmCreate', description: 'A new swarm.' },
)
export type SwarmCreate = Static<typeof SwarmCreate>
export type SwarmCreateInput = Pick<SwarmCreate, 'swarmId'> & Partial<SwarmCreate>

const fairness = Type.Optional(
  textEnum(['stride', 'drf'], {
    description:
      'How fairness keys share the swarm: `stride` (default) by assignments, `drf` by the resource of which each holds most.',
  }),
)

export const SwarmPatch = closedObject(
  {
    description: Type.Optional(description),
    strategy: Type.Optional(StrategyInput),
    topology: Type.Optional(TopologySettings),
    leaseMs: Type.Optional(LeaseMs),
    limits: Type.Optional(SwarmLimits),
    fairness,
    patterns: Type.Optional(PatternSettingsPatch),
  },
  { title: 'SwarmPatch', minProperties: 1, description: 'What changes; `limits` replaces all of them.' },
)
export type SwarmPatch = Static<typeof SwarmPatch>

export const SwarmView = closedObject(
  {
    swarmId: SwarmId,
    tenantId: TenantId,
    description,
    strategy: Strategy,
    topology: TopologySettings,
    leaseMs: LeaseMs,
    limits: SwarmLimits,
    fairness,
    patterns: PatternSettings,
    createdAt: Timestamp,
  },
  { title: 'Swarm', description: 'A swarm as it is set up.' },
)
export type SwarmView = Static<typeof SwarmView>

export const SwarmPage = closedObject(
  {
    swarms: Type.Array(SwarmView, {
      maxItems: LIMITS.pageSizeMax,
      description: 'In the order of their ids.',
    }),
    ...NEXT_PAGE,
  },
  { title: 'SwarmPage', description: 'A page of swarms.' },
)
export type SwarmPage = Static<typeof SwarmPage>
