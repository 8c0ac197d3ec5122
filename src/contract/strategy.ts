import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { closedObject, textEnum } from './schema.ts'

const PLACEMENTS = [
  'random',
  'round_robin',
  'shortest_queue',
  'power_of_two',
  'expected_delay',
  'join_idle_queue',
] as const

export const StrategyKind = textEnum(
  ['least_loaded', ...PLACEMENTS, 'work_stealing', 'auction', 'trails', 'flocking'],
  {
    description: 'How tasks are given to agents.',
  },
)
export type StrategyKind = Static<typeof StrategyKind>

const durationMs = (description: string) => Type.Integer({ minimum: 0, maximum: 86_400_000, description })

const SETUP = {
  setupKey: textEnum(['none', 'type', 'affinityKey'], {
    description: 'Tasks with the same value of this field share one set-up of the agent. Default `none`.',
  }),
  warmKeysMax: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    description: 'Set-ups that an agent keeps at the same time. Default 1.',
  }),
  setupMs: durationMs('Cost of one set-up until it has been learned, in milliseconds. Default 0.'),
}

const STEALING = {
  placement: textEnum([...PLACEMENTS], {
    description: 'How the queue of an agent is chosen for a task. Default `expected_delay`.',
  }),
  stealCostMs: durationMs(
    'An agent takes a task from the queue of another only where its estimated work is longer, in milliseconds. Default 0: always.',
  ),
  affinityCostMs: durationMs('Added to `stealCostMs` for a task with an `affinityKey`. Default 0.'),
}

const AUCTION = {
  bids: textEnum(['live', 'estimated'], {
    description:
      '`live`: agents are asked for bids over their channels, and the hub bids for those that do not answer; `estimated`: the hub bids for all. Default `live`.',
  }),
  bidWindowMs: Type.Integer({
    minimum: 1,
    maximum: 60_000,
    description:
      'How long bids are taken, in milliseconds; an auction ends sooner once all have answered. Default 50.',
  }),
  reservePrice: Type.Union([Type.Number({ minimum: 0, maximum: 1e12 }), Type.Null()], {
    description:
      'The highest price that is paid. A task without an acceptable bid waits and is offered again. Default null: any.',
  }),
  secondsWeight: Type.Number({
    minimum: 0,
    maximum: 1e6,
    description: 'What a second until the end of the task weighs in bids of the hub. Default 1.',
  }),
  costWeight: Type.Number({
    minimum: 0,
    maximum: 1e6,
    description: 'What the cost of the capabilities weighs in bids of the hub. Default 1.',
  }),
}

const part = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const TRAILS = {
  evaporation: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    description:
      'Fraction of every trail of a task type that evaporates with each outcome of that type. Default 0.02; 0: nothing is forgotten.',
  }),
  successDeposit: part(
    'Added to the trail of (type, agent) when the agent completes such a task. Default 0.15.',
  ),
  failurePenalty: part('Taken from the trail when the agent fails. Default 0.15.'),
  min: Type.Number({
    minimum: 0.000001,
    maximum: 1,
    description: 'Lowest level of a trail, so that every agent keeps a chance. Default 0.05.',
  }),
  max: Type.Number({ minimum: 1, maximum: 1_000, description: 'Highest level of a trail. Default 1.' }),
  alpha: Type.Number({
    minimum: 0,
    maximum: 20,
    description: 'An agent is chosen with probability ∝ level^alpha. Default 3.',
  }),
}

const rule = (description: string) => Type.Boolean({ description: `${description} Default true.` })

const FLOCKING = {
  alignment: rule("Agents of one group take over each other's estimates of success."),
  cohesion: rule('Set-up counts when work is given to an agent that is not prepared for it.'),
  separation: rule(
    'What the swarm loses counts when an agent gives up a kind that few others are prepared for.',
  ),
  adapts: rule('Groups, positions and estimates follow what happens; false: they stay as they are.'),
}

type Fields = Readonly<Record<string, TSchema>>

const asGiven = <F extends Fields>(fields: F) => Type.Partial(Type.Object(fields)).properties

const simple = <const K extends string>(kind: K, description: string) =>
  closedObject({ kind: Type.Literal(kind) }, { description })

const SIMPLE = [
  simple(
    'least_loaded',
    'Tasks wait in one line; the next one goes to the agent with room that is least loaded relative to its slots.',
  ),
  simple('random', 'Each task goes into the queue of any capable agent.'),
  simple('round_robin', 'Each task goes into the queue of the next capable agent in turn.'),
  simple('shortest_queue', 'Each task goes into the queue of the agent with the fewest tasks a slot.'),
  simple('power_of_two', 'Each task goes into the shorter queue of two agents that are drawn at random.'),
  simple('join_idle_queue', 'Each task goes to an idle agent, or into the queue of any where none is idle.'),
] as const
const EXPECTED_DELAY = {
  description: 'Each task goes into the queue of the agent that is expected to finish it first.',
}
const WORK_STEALING = {
  description: 'Each task goes into the queue of one agent; agents with room take from the queues of others.',
}
const SALE = { description: 'Each task is sold to the agent with the lowest bid.' }
const TRAILS_TEXT = {
  description: 'Each task goes to an agent with room, drawn by the trail that outcomes left for its type.',
}
const FLOCKING_TEXT = {
  description:
    'Each task goes to the agent that is expected to succeed first, by groups of agents that learn together. A task may wait for a busy agent.',
}
const UNION = { description: 'How tasks are given to agents, with the settings of that way.' }

/** A strategy as a client names it: settings that are left out have their defaults. */
export const StrategyInput = Type.Union(
  [
    ...SIMPLE,
    closedObject({ kind: Type.Literal('expected_delay'), ...asGiven(SETUP) }, EXPECTED_DELAY),
    closedObject({ kind: Type.Literal('work_stealing'), ...asGiven(STEALING) }, WORK_STEALING),
    closedObject({ kind: Type.Literal('auction'), ...asGiven(AUCTION) }, SALE),
    closedObject({ kind: Type.Literal('trails'), ...asGiven(TRAILS) }, TRAILS_TEXT),
    closedObject({ kind: Type.Literal('flocking'), ...asGiven(FLOCKING) }, FLOCKING_TEXT),
  ],
  UNION,
)
export type StrategyInput = Static<typeof StrategyInput>

/** A strategy with all of its settings. */
export const Strategy = Type.Union(
  [
    ...SIMPLE,
    closedObject({ kind: Type.Literal('expected_delay'), ...SETUP }, EXPECTED_DELAY),
    closedObject({ kind: Type.Literal('work_stealing'), ...STEALING }, WORK_STEALING),
    closedObject({ kind: Type.Literal('auction'), ...AUCTION }, SALE),
    closedObject({ kind: Type.Literal('trails'), ...TRAILS }, TRAILS_TEXT),
    closedObject({ kind: Type.Literal('flocking'), ...FLOCKING }, FLOCKING_TEXT),
  ],
  UNION,
)
export type Strategy = Static<typeof Strategy>
