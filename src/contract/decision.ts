import { type Static, Type } from '@sinclair/typebox'
import { AgentId, Attempt, Count, FencingToken, TaskId, Text, Timestamp } from './scalars.ts'
import { closedObject } from './schema.ts'
import { StrategyKind } from './strategy.ts'

const CandidateScore = closedObject(
  {
    agentId: AgentId,
    score: Type.Number({
      description:
        "The strategy's figure of merit; the lowest wins. In a hierarchical swarm the load of the agent's branch.",
    }),
    activeTasks: Count('Tasks the agent held.'),
    slots: Count('Tasks the agent can hold.'),
  },
  { title: 'CandidateScore', description: 'How one agent was judged.' },
)

export const TaskDecision = closedObject(
  {
    taskId: TaskId,
    attempt: Attempt,
    fencingToken: FencingToken,
    agentId: AgentId,
    strategy: StrategyKind,
    reason: Text('Why this agent, for people.'),
    candidateCount: Count('Agents that could have had it.'),
    candidates: Type.Array(CandidateScore, {
      maxItems: 10,
      description:
        'The best of them, the winner first. In a hierarchical swarm the heads of the branches that its manager chose from.',
    }),
    delegationPath: Type.Optional(
      Type.Array(AgentId, {
        maxItems: 64,
        description:
          'In a hierarchical swarm: the managers who handed the task down, from the root, and the agent.',
      }),
    ),
    price: Type.Optional(
      Type.Number({ description: 'What the agent asked for; under the strategy `auction`.' }),
    ),
    secondPrice: Type.Optional(
      Type.Number({ description: 'The next lowest bid; under the strategy `auction`.' }),
    ),
    decidedAt: Timestamp,
  },
  { title: 'TaskDecision', description: 'Why the newest assignment of a task went where it went.' },
)
export type TaskDecision = Static<typeof TaskDecision>
