import { type Static, Type } from '@sinclair/typebox'
import { AgentId, Attempt, Count, FencingToken, TaskId, Text, Timestamp } from './scalars.ts'
import { closedObject } from './schema.ts'
import { StrategyName } from './swarm.ts'

const CandidateScore = closedObject(
  {
    agentId: AgentId,
    score: Type.Number({ description: "The strategy's figure of merit; the lowest wins." }),
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
    strategy: StrategyName,
    reason: Text('Why this agent, for people.'),
    candidateCount: Count('Agents that could have had it.'),
    candidates: Type.Array(CandidateScore, {
      maxItems: 10,
      description: 'The best of them, the winner first.',
    }),
    decidedAt: Timestamp,
  },
  { title: 'TaskDecision', description: 'Why the newest assignment of a task went where it went.' },
)
export type TaskDecision = Static<typeof TaskDecision>
