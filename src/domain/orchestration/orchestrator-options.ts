import type { BreakerOptions } from '../agents/circuit-breaker.ts'
import {
  LEARNING_DEFAULTS,
  type LearningOptions,
} from '../intelligence/learning/experience/learning-state.ts'
import { MEMORY_DEFAULTS, type MemoryOptions } from '../intelligence/memory/memory-options.ts'

/** What one node's orchestrators are set to. Milliseconds unless named otherwise. */
export interface OrchestratorOptions extends MemoryOptions {
  /** From the close of an agent's channel to the reassignment of its tasks. */
  readonly reconnectGraceMs: number
  /** Assignments of one task that no agent received and that cost no attempt; further ones do. */
  readonly undeliveredMax: number
  /** One level of priority is gained with every so much waiting. */
  readonly agingMs: number
  /** Ready tasks looked at, beyond those nobody can run now. */
  readonly windowMax: number
  /** Events kept in memory for readers that keep up. */
  readonly eventTailMax: number
  /** How long a finished task can be read. */
  readonly taskRetentionMs: number
  /** How many finished tasks can be read; the oldest leave first. */
  readonly finishedTasksMax: number
  readonly eventRetentionMs: number
  /** How long the token of an agent that was removed is remembered. */
  readonly removedAgentRetentionMs: number
  /** How long an Idempotency-Key is remembered. */
  readonly idempotencyMs: number
  readonly retentionEveryMs: number
  /** Durable messages that may wait for one agent. */
  readonly inboxMessagesMax: number
  readonly topicsPerAgentMax: number
  /** Types of tasks that the monitor of a swarm counts apart. */
  readonly taskTypesMax: number
  /** Proposals that may be under way at once. */
  readonly openProposalsMax: number
  /** How long after its deadline a proposal waits for a decision before it counts as undecided. */
  readonly decisionPatienceMs: number
  /** Targets of one swarm that can be limited or paused. */
  readonly controlsMax: number
  readonly budgetsMax: number
  /** Trail sets of one swarm. */
  readonly trailSetsMax: number
  /** Edges of one trail set that have a deposit which still counts. */
  readonly trailEdgesMax: number
  readonly schedulesMax: number
  readonly breaker: BreakerOptions
  readonly learning: LearningOptions
}

export const ORCHESTRATOR_DEFAULTS: OrchestratorOptions = {
  ...MEMORY_DEFAULTS,
  reconnectGraceMs: 1_000,
  undeliveredMax: 10,
  agingMs: 60_000,
  windowMax: 10_000,
  eventTailMax: 10_000,
  taskRetentionMs: 7 * 86_400_000,
  finishedTasksMax: 1_000_000,
  eventRetentionMs: 7 * 86_400_000,
  removedAgentRetentionMs: 7 * 86_400_000,
  idempotencyMs: 86_400_000,
  retentionEveryMs: 10_000,
  inboxMessagesMax: 1_000,
  topicsPerAgentMax: 100,
  taskTypesMax: 50,
  openProposalsMax: 100,
  decisionPatienceMs: 30_000,
  controlsMax: 10_000,
  budgetsMax: 10_000,
  trailSetsMax: 1_000,
  trailEdgesMax: 100_000,
  schedulesMax: 10_000,
  breaker: { failuresMax: 5, cooldownMs: 10_000 },
  learning: LEARNING_DEFAULTS,
}
