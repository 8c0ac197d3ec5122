import type { BudgetAmounts, BudgetCharge } from './budget-record.ts'
import type { AgentId, EpochMs, FencingToken, NodeId, SwarmEpoch, TaskId } from './ids.ts'

/** A2A 1.0 task states in lower case; the last four are terminal. */
export type TaskStatus =
  | 'submitted'
  | 'working'
  | 'input_required'
  | 'auth_required'
  | 'completed'
  | 'failed'
  | 'canceled'
  | 'rejected'

/** Tells more than the status: where in the swarm's machinery the task is. */
export type TaskPhase =
  | 'blocked'
  | 'delayed'
  | 'queued'
  | 'offered'
  | 'assigned'
  | 'running'
  | 'retrying'
  | 'dead_letter'
  | 'done'

/** Names an amount of something, for instance `{ gpu: 1, memoryMb: 2048 }`. */
export type ResourceAmounts = Readonly<Record<string, number>>

/** Wait before attempt n + 1: between half and all of min(`maxMs`, `baseMs` · `factor`^(n − 1)), drawn at random. */
export interface Backoff {
  readonly baseMs: number
  readonly factor: number
  readonly maxMs: number
}

/** Names a record of the memory. */
export interface MemoryRef {
  readonly namespace: string
  readonly key: string
}

/** What a client asks for; fixed from submit to the end. */
export interface TaskSpec {
  readonly type: string
  readonly capabilities: readonly string[]
  /** 1 is the most urgent, 5 the least. */
  readonly priority: number
  readonly deadlineAt?: EpochMs | undefined
  readonly delayMs: number
  readonly maxAttempts: number
  /** How long one attempt may take in all; nothing extends it. */
  readonly timeoutMs: number
  readonly backoff: Backoff
  readonly dependsOn: readonly TaskId[]
  /** One of those it depends on, whose result becomes its payload: the stage before it in a pipeline. */
  readonly inputFrom?: TaskId | undefined
  readonly resources: ResourceAmounts
  /** Tasks with the same key go to the same agent where they can; see the strategies. */
  readonly affinityKey?: string | undefined
  /** Records of the memory that the agent may want. Nothing here reads them. */
  readonly memoryRefs?: readonly MemoryRef[] | undefined
  readonly parentTaskId?: TaskId | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Whose share of the swarm the task counts for; limits, rates and budgets can be set for it. */
  readonly fairnessKey?: string | undefined
  /** The key's part relative to other keys, above 0; 1 where it is left out. */
  readonly fairnessWeight?: number | undefined
  /** What an attempt reserves from budgets before it starts. */
  readonly cost?: BudgetAmounts | undefined
  /** Unlike `metadata`, lists of tasks can be filtered by them. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** What becomes of the task where something that it depends on does not complete; `fail` where it is left out. */
  readonly onDependencyFailure?: DependencyFailurePolicy | undefined
  /** False where the task does not get the results of what it depends on. */
  readonly passInputs?: boolean | undefined
}

/** `fail`: it fails. `skip`: it is canceled. `run`: it runs all the same, once all of them are over. */
export type DependencyFailurePolicy = 'fail' | 'skip' | 'run'

export interface TaskFailure {
  /** `lease_expired`, `timeout`, `deadline_exceeded`, `dependency_failed`, …, or the agent's own code. */
  readonly code: string
  readonly message: string
}

export interface TaskProgress {
  /** 0 to 1. */
  readonly ratio?: number
  readonly message?: string
  readonly at?: EpochMs
  /** Agents that have to do something before the task can go on. */
  readonly waitsFor?: readonly AgentId[]
}

/** The right to do a task. It has no expiry: only the owning node times it, on its monotonic clock. */
export interface TaskLease {
  readonly agentId: AgentId
  readonly fencingToken: FencingToken
  readonly ownerNodeId: NodeId
  readonly nodeEpoch: SwarmEpoch
  readonly leaseMs: number
  /** The agent is known to have received the task. Only an attempt that was received is charged when it fails. */
  readonly isReceived?: true
  /** How much of `timeoutMs` the attempt had used at `usedAt`, in milliseconds. Written with renewals of the lease. */
  readonly usedMs?: number
  readonly usedAt?: EpochMs
  /** The managers above the agent when it was given the task, nearest first; only in a hierarchical swarm. */
  readonly reportingChain?: readonly AgentId[]
  /** What the attempt has reserved from budgets. */
  readonly charges?: readonly BudgetCharge[]
}

export interface TaskAttempt {
  readonly attempt: number
  readonly agentId: AgentId
  readonly fencingToken: FencingToken
  readonly assignedAt: EpochMs
  readonly endedAt: EpochMs
  readonly outcome:
    | 'completed'
    | 'failed'
    | 'rejected'
    | 'released'
    | 'revoked'
    | 'undelivered'
    | 'expired'
    | 'canceled'
  readonly failure?: TaskFailure
}

/** The truth about one task. Payload and result are records of their own, so a change of state never rewrites them. */
export interface TaskRecord {
  readonly taskId: TaskId
  readonly spec: TaskSpec
  readonly retryOf?: TaskId | undefined
  /** The newest task that does this one again. */
  readonly retriedAs?: TaskId | undefined
  /** Tasks that failed because this one did not complete; the first {@link FAILED_DEPENDENTS_MAX}. */
  readonly failedDependents?: readonly TaskId[] | undefined
  readonly createdAt: EpochMs
  readonly status: TaskStatus
  readonly phase: TaskPhase
  /**
   * The number of the newest attempt, 0 before the first. An attempt that was released, revoked or not received is given
   * back, and the next one has its number again.
   */
  readonly attempt: number
  /** Assignments that no agent received, and that were not charged for it. */
  readonly undeliveredCount?: number | undefined
  /** Assignments so far; the low part of the next fencing token. */
  readonly assignmentCount: number
  /** Times the task became ready; with the id it names its one valid ready-queue entry. */
  readonly readyCount: number
  /** When the task last became ready to run, or will: the start of its wait. */
  readonly readyAt?: EpochMs | undefined
  /** Who did the stage before it in a pipeline; known once it may run. */
  readonly previousAgentId?: AgentId | undefined
  /**
   * In whose branches of the tree it is offered first, nearest first: of whoever held the task that it was split off,
   * and after a failure of the managers above the agent that failed.
   */
  readonly delegators?: readonly AgentId[] | undefined
  /** The root of the tree of tasks that it belongs to; left out where it is the root. */
  readonly rootTaskId?: TaskId | undefined
  /** The schedule that submitted it. */
  readonly scheduleId?: string | undefined
  readonly lease?: TaskLease | undefined
  readonly assignedAt?: EpochMs | undefined
  readonly startedAt?: EpochMs | undefined
  readonly finishedAt?: EpochMs | undefined
  readonly progress?: TaskProgress | undefined
  readonly failure?: TaskFailure | undefined
  readonly hasResult: boolean
  /** The newest {@link ATTEMPTS_KEPT_MAX}. */
  readonly attempts: readonly TaskAttempt[]
}

export const ATTEMPTS_KEPT_MAX = 10
export const FAILED_DEPENDENTS_MAX = 500

const TERMINAL: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'canceled', 'rejected'])

export function isTerminal(status: TaskStatus): boolean {
  return TERMINAL.has(status)
}

/**
 * The phase as it is now: a task that waited for its time is `queued` once that has come, whether an agent can do it or
 * not. Its record still says otherwise, since nothing was written at that moment.
 */
export function phaseAt(task: Pick<TaskRecord, 'phase' | 'readyAt'>, now: EpochMs): TaskPhase {
  const { phase, readyAt } = task
  const waitsForTime = phase === 'delayed' || phase === 'retrying'
  return waitsForTime && readyAt !== undefined && readyAt <= now ? 'queued' : phase
}

/** The task as it stands now; see {@link phaseAt}. */
export function taskAt(task: TaskRecord, now: EpochMs): TaskRecord {
  const phase = phaseAt(task, now)
  return phase === task.phase ? task : { ...task, phase }
}

/** The other tasks whose records and results a task needs until it ends: what it waits for, is part of and repeats. */
export function referencesOf({ spec, retryOf }: Pick<TaskRecord, 'spec' | 'retryOf'>): readonly TaskId[] {
  const { dependsOn, parentTaskId } = spec
  if (parentTaskId === undefined && retryOf === undefined) return dependsOn
  const others = [parentTaskId, retryOf].filter((taskId) => taskId !== undefined)
  return [...dependsOn, ...others]
}
