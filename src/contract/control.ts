import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Count, NAME_PATTERN, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject } from './schema.ts'

const NAME = NAME_PATTERN.slice(1, -1)

/** Longest prefix and name. */
const targetLengthMax = LIMITS.nameLengthMax + 16

export const ControlTargetName = Type.String({
  pattern: `^(?:swarm|(?:type|capability|key):${NAME}|key:\\*)$`,
  maxLength: targetLengthMax,
  description:
    'What it applies to: `swarm`, `type:NAME`, `capability:NAME` or `key:NAME` (a `fairnessKey`); `key:*` is each key apart.',
  examples: ['type:review.complexity'],
})

export const BudgetTargetName = Type.String({
  pattern: `^(?:swarm|key:${NAME}|task:[a-z0-9][a-z0-9-]{0,62})$`,
  maxLength: targetLengthMax,
  description:
    'Whose budget it is: `swarm`, `key:NAME` (a `fairnessKey`), or `task:ID` for the task and all tasks below it.',
  examples: ['key:acme'],
})

export const RateLimit = closedObject(
  {
    count: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Starts in each `windowMs`.' }),
    windowMs: Type.Integer({
      minimum: 1,
      maximum: 86_400_000,
      default: 1_000,
      description: 'In milliseconds.',
    }),
    burst: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Most starts at once after a quiet time; `count` where left out.',
      }),
    ),
  },
  { title: 'RateLimit', description: 'How often tasks may start: a token bucket.' },
)
export type RateLimit = Static<typeof RateLimit>

const amount = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1e15, description }))

export const BudgetAmounts = closedObject(
  {
    tokens: amount('Tokens of language models.'),
    money: amount("In the operator's own unit."),
    seconds: amount('Time that agents hold tasks, measured by the server.'),
  },
  { title: 'BudgetAmounts', description: 'Amounts by unit.' },
)
export type BudgetAmounts = Static<typeof BudgetAmounts>

const concurrencyMax = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    description: 'Tasks that agents may hold at once; no limit where left out.',
  }),
)
const rate = Type.Optional(annotate(RateLimit, { description: 'How often tasks may start.' }))

export const ControlSet = closedObject(
  { target: ControlTargetName, concurrencyMax, rate },
  { title: 'ControlSet', description: 'The limits of a target; those that are left out are lifted.' },
)
export type ControlSet = Static<typeof ControlSet>

export const ControlPause = closedObject(
  {
    target: annotate(ControlTargetName, { default: 'swarm' }),
    reason: annotate(Text('Why, for people.'), { default: 'paused by an operator' }),
  },
  { title: 'ControlPause', description: 'What is to start nothing, and why.' },
)
export type ControlPause = Static<typeof ControlPause>

export const ControlResume = closedObject(
  { target: annotate(ControlTargetName, { default: 'swarm' }) },
  { title: 'ControlResume', description: 'What may start tasks again.' },
)

export const ControlView = closedObject(
  {
    target: ControlTargetName,
    concurrencyMax,
    rate,
    pausedSince: Type.Optional(annotate(Timestamp, { description: 'Nothing of it starts since then.' })),
    pauseReason: Type.Optional(Text('Why it is paused.')),
    updatedAt: Timestamp,
  },
  { title: 'Control', description: 'What is limited or paused for one target.' },
)
export type ControlView = Static<typeof ControlView>

export const ControlList = closedObject(
  {
    controls: Type.Array(ControlView, {
      maxItems: LIMITS.controlsMax,
      description: 'In the order of their targets.',
    }),
  },
  { title: 'ControlList', description: 'All that is limited or paused.' },
)
export type ControlList = Static<typeof ControlList>

export const BudgetSet = closedObject(
  {
    target: BudgetTargetName,
    limit: annotate(BudgetAmounts, {
      description: 'What may be used in all; no limit for a unit that is left out.',
    }),
  },
  { title: 'BudgetSet', description: 'A budget. What was used before stays counted.' },
)
export type BudgetSet = Static<typeof BudgetSet>

export const BudgetTopUp = closedObject(
  {
    target: BudgetTargetName,
    amounts: annotate(BudgetAmounts, { description: 'What is added to the limits.' }),
  },
  { title: 'BudgetTopUp', description: 'More for a budget.' },
)
export type BudgetTopUp = Static<typeof BudgetTopUp>

export const BudgetView = closedObject(
  {
    target: BudgetTargetName,
    limit: BudgetAmounts,
    reserved: annotate(BudgetAmounts, { description: 'Set aside for attempts that are under way.' }),
    used: annotate(BudgetAmounts, { description: 'Used by attempts that have ended.' }),
    remaining: annotate(BudgetAmounts, { description: 'What is left of each unit that has a limit.' }),
    revision: Count('One more with every change.'),
    updatedAt: Timestamp,
  },
  { title: 'Budget', description: 'A budget as it stands.' },
)
export type BudgetView = Static<typeof BudgetView>

export const BudgetList = closedObject(
  {
    budgets: Type.Array(BudgetView, {
      maxItems: LIMITS.budgetsMax,
      description: 'In the order of their targets.',
    }),
  },
  { title: 'BudgetList', description: 'All budgets of the swarm.' },
)
export type BudgetList = Static<typeof BudgetList>
