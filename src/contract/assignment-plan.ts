import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, Name, ResourceAmounts } from './scalars.ts'
import { annotate, closedObject, distinct, freeText } from './schema.ts'

/** Bounds of one plan. */
export const PLAN_LIMITS = {
  rowsMax: 4_000,
  columnsMax: 4_000,
  pairsMax: 1_000_000,
  estimatedPairsMax: 100_000,
  costMax: 1e12,
} as const

const Cost = Type.Number({
  minimum: -PLAN_LIMITS.costMax,
  maximum: PLAN_LIMITS.costMax,
  description: 'What the pair costs; less is better.',
})

const rowCount = Type.Integer({
  minimum: 0,
  maximum: PLAN_LIMITS.rowsMax,
  description: 'Number of tasks.',
})
const columnCount = Type.Integer({
  minimum: 0,
  maximum: PLAN_LIMITS.columnsMax,
  description: 'Number of agents.',
})

const PlanTask = closedObject(
  {
    type: Name,
    capabilities: distinct(Name, {
      maxItems: LIMITS.capabilitiesPerTaskMax,
      default: [],
      description: 'What an agent must be able to do; all of them.',
    }),
    resources: annotate(ResourceAmounts, { default: {} }),
    affinityKey: Type.Optional(
      freeText({ maxLength: LIMITS.nameLengthMax, description: 'As in a task that is submitted.' }),
    ),
  },
  { title: 'PlanTask', description: 'A task as it would be submitted.' },
)

/** One of three forms: `costs`, `arcs` or `tasks`. */
export const AssignmentPlanRequest = closedObject(
  {
    costs: Type.Optional(
      Type.Array(
        Type.Array(Type.Union([Cost, Type.Null()]), {
          maxItems: PLAN_LIMITS.columnsMax,
          description: 'One cost for each agent; null where the agent cannot have the task.',
        }),
        { maxItems: PLAN_LIMITS.rowsMax, description: 'A matrix: one row for each task, all of one length.' },
      ),
    ),
    arcs: Type.Optional(
      closedObject(
        {
          rowCount,
          columnCount,
          list: Type.Array(
            Type.Array(Type.Number(), {
              minItems: 3,
              maxItems: 3,
              description: 'Row and column, counted from 0, and the cost of the pair.',
            }),
            { maxItems: PLAN_LIMITS.pairsMax, description: 'The pairs that are allowed.' },
          ),
        },
        { description: 'A sparse matrix: only the pairs that are allowed.' },
      ),
    ),
    tasks: Type.Optional(
      Type.Array(PlanTask, {
        maxItems: PLAN_LIMITS.rowsMax,
        description: 'Tasks whose costs the swarm estimates; nothing is submitted.',
      }),
    ),
    agentIds: Type.Optional(
      distinct(AgentId, {
        maxItems: PLAN_LIMITS.columnsMax,
        description: 'The agents to plan for, with `tasks`; all agents in service where left out.',
      }),
    ),
  },
  {
    title: 'AssignmentPlanRequest',
    description:
      'A matrix of costs, a sparse matrix, or tasks whose costs the swarm estimates: exactly one of them.',
  },
)
export type AssignmentPlanRequest = Static<typeof AssignmentPlanRequest>

export const AssignmentPlan = closedObject(
  {
    pairs: Type.Array(
      closedObject(
        {
          row: Count('The task, counted from 0.'),
          column: Count('The agent, counted from 0.'),
          agentId: Type.Optional(AgentId),
        },
        { description: 'One task and its agent.' },
      ),
      { maxItems: PLAN_LIMITS.rowsMax, description: 'In the order of the rows.' },
    ),
    unassigned: Type.Array(Count('A task, counted from 0.'), {
      maxItems: PLAN_LIMITS.rowsMax,
      description: 'Tasks without an agent: there are more tasks than agents, or no agent can have the task.',
    }),
    cost: Type.Number({ description: 'Sum of the costs of all pairs; the least that is possible.' }),
    isComplete: Type.Boolean({
      description: 'Whether every task, or every agent where they are fewer, is matched.',
    }),
    isExact: Type.Boolean({
      description:
        'True: the cost is the optimum. False: the costs have more digits than can be kept exactly, and the cost is within `tolerance` of the optimum.',
    }),
    tolerance: Type.Number({
      minimum: 0,
      description: 'How far the cost may be from the optimum; 0 where exact.',
    }),
  },
  {
    title: 'AssignmentPlan',
    description: 'The most pairs that are possible and, among those, the least cost.',
  },
)
export type AssignmentPlan = Static<typeof AssignmentPlan>
