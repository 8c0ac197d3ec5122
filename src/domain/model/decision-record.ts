import type { AgentId, EpochMs, FencingToken, TaskId } from './ids.ts'
import { packedCodec, shape } from './packed-codec.ts'
import { recordKind } from './record-kind.ts'
import type { StrategyKind } from './strategy-settings.ts'

export interface CandidateScore {
  readonly agentId: AgentId
  /** The strategy's figure of merit; the lowest wins. */
  readonly score: number
  readonly activeTasks: number
  readonly slots: number
}

/** Why one assignment went to one agent: the best candidates, their scores and the reason, as they were then. */
export interface DecisionRecord {
  readonly taskId: TaskId
  readonly attempt: number
  readonly fencingToken: FencingToken
  readonly agentId: AgentId
  readonly strategy: StrategyKind
  readonly reason: string
  readonly candidateCount: number
  /** The best {@link CANDIDATES_KEPT_MAX}, winner first. */
  readonly candidates: readonly CandidateScore[]
  /** The managers who handed the task down, from the root, and the agent; only in a hierarchical swarm. */
  readonly delegationPath?: readonly AgentId[]
  /** What the agent asked for, and the next lowest bid; of an auction. */
  readonly price?: number
  readonly secondPrice?: number
  readonly decidedAt: EpochMs
}

export const CANDIDATES_KEPT_MAX = 5

const DECISION = shape<Omit<DecisionRecord, 'taskId' | 'decidedAt'>>({
  attempt: 'plain',
  fencingToken: 'plain',
  agentId: 'plain',
  strategy: 'plain',
  reason: 'plain',
  candidateCount: 'plain',
  candidates: [
    shape<CandidateScore>({ agentId: 'plain', score: 'plain', activeTasks: 'plain', slots: 'plain' }),
  ],
  delegationPath: 'plain',
  price: 'plain',
  secondPrice: 'plain',
})

/** Why a task went where it went, under the task's id; the newest assignment only. */
export const DECISION_RECORDS = recordKind<DecisionRecord>('decision', {
  codec: packedCodec({ shape: DECISION, id: 'taskId', time: 'decidedAt' }),
  isListed: false,
})
