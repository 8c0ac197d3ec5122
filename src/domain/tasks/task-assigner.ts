import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState, Reservation } from '../agents/agent-state.ts'
import type { PendingClaim } from '../agents/pending-claim.ts'
import type { DirectChannel, SessionAddress } from '../communication/direct-channel.ts'
import type { AssignOutcome, PlannedAssignment } from '../distribution/distribution-strategy.ts'
import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import type { Assignment } from '../model/assignment.ts'
import type { BudgetCharge, BudgetRecord } from '../model/budget-record.ts'
import { DECISION_RECORDS } from '../model/decision-record.ts'
import { isSwarmError } from '../model/errors.ts'
import { fencingToken } from '../model/fencing-token.ts'
import { type EpochMs, type JsonText, jsonText, type NodeId, type TaskId } from '../model/ids.ts'
import type { StrategyKind } from '../model/strategy-settings.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import type { TaskLease, TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put, type RecordKey, type StoredRecord } from '../ports/records.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { AdmissionLedger } from '../resources/admission/admission-ledger.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { OpenTasks } from './open-tasks.ts'
import type { TaskAftermath } from './task-aftermath.ts'
import type { TaskEnder } from './task-ender.ts'
import { assignTask, isWaiting } from './task-machine.ts'
import type { Decided, TaskTransitions } from './task-transitions.ts'

export interface TaskAssignerOptions {
  readonly nodeId: NodeId
  leaseMs(): number
  strategyKind(): StrategyKind
}

export interface TaskAssignerModules {
  readonly journal: Pick<SwarmJournal, 'epoch'>
  readonly transitions: TaskTransitions
  readonly registry: AgentRegistry
  readonly leases: LeaseKeeper
  readonly openTasks: OpenTasks
  readonly aftermath: TaskAftermath
  readonly channel: DirectChannel
  readonly clock: Clock
  readonly logger: Logger
  readonly ender: TaskEnder
  readonly admission: AdmissionControl
  readonly ledger: AdmissionLedger
}

/** A planned assignment whose agent has a slot and resources set aside, until the step that writes it is through. */
export interface PendingAssignment {
  readonly planned: PlannedAssignment
  readonly agent: AgentState
  /** The connection it goes out on; undefined where it answers the claim. */
  readonly session: SessionAddress | undefined
  readonly claim: PendingClaim | undefined
  readonly reservation: Reservation
  /** The budgets that had too little left when the step was last decided; undefined where they had enough. */
  heldBy: readonly BudgetRecord[] | undefined
}

/** An assignment that a step has made durable. */
export interface WrittenAssignment {
  readonly task: TaskRecord
  readonly lease: TaskLease
  readonly assignment: Assignment
  /** As the step has left them. */
  readonly budgets: readonly BudgetRecord[]
}

/** It is certain that the assignment was not written. */
export interface NotWritten {
  readonly isWritten: false
  /** As it stands, if that is known. */
  readonly task?: TaskRecord | undefined
}

type Reads = readonly (StoredRecord | undefined)[]

/**
 * Turns planned assignments into durable ones with new fencing tokens, and hands them to the agents. An assignment is
 * a step of its own, or a part of the step that submits its task or ends the agent's task before.
 */
export class TaskAssigner {
  readonly #options: TaskAssignerOptions
  readonly #modules: TaskAssignerModules

  constructor(options: TaskAssignerOptions, modules: TaskAssignerModules) {
    this.#options = options
    this.#modules = modules
  }

  /** In a step of its own. */
  async assign(planned: PlannedAssignment): Promise<AssignOutcome> {
    const { transitions, ender, logger } = this.#modules
    const { taskId } = planned.entry
    const pending = this.reserve(planned)
    if (typeof pending === 'string') return pending
    try {
      const { result, task } = await transitions.run({
        taskId,
        reads: this.keysOf(pending),
        decide: (before, now, reads) => before && this.#decide(pending, before, reads, now),
      })
      this.settle(pending, result ?? { isWritten: false, task })
      return pending.heldBy === undefined ? 'done' : 'held'
    } catch (error) {
      this.settle(pending, undefined)
      // Planned again it would be read again, and found damaged again.
      if (isSwarmError(error, 'record_damaged')) {
        void ender.failDamaged(taskId, error.details)
        return 'done'
      }
      if (!isSwarmError(error)) logger.error({ error, taskId }, 'assignment failed')
      return 'put_back'
    }
  }

  /** Sets the agent's room aside, and counts the task for its controls. */
  reserve(planned: PlannedAssignment): PendingAssignment | 'put_back' | 'held' {
    const { registry, admission, clock } = this.#modules
    const agent = registry.find(planned.agentId)
    if (agent === undefined) return 'put_back'
    // Asked again: what the plan was made from may have been planned by others too.
    if (admission.holdOf(planned.entry) !== undefined) return 'held'
    admission.start(planned.entry)
    const { session, claim } = agent
    const reservation = agent.reserve(planned.entry.resources)
    agent.breaker.onStart(clock.monotonic())
    if (session === undefined) claim?.reserve()
    registry.refresh(agent)
    return { planned, agent, session, claim, reservation, heldBy: undefined }
  }

  /** What the step has to read, beside the task. */
  keysOf({ planned }: PendingAssignment): readonly RecordKey[] {
    const { entry } = planned
    return [{ kind: PAYLOAD_RECORDS, id: entry.taskId }, ...this.#modules.ledger.startKeys(entry)]
  }

  /**
   * What the assignment adds to another step.
   *
   * @param reads as of {@link keysOf}
   * @returns undefined where the task does not wait as it was planned, or the agent can take nothing any more
   */
  decide(
    pending: PendingAssignment,
    task: TaskRecord,
    reads: Reads,
    now: EpochMs,
  ): Decided<WrittenAssignment> | undefined {
    return this.#isReachable(pending) ? this.#decide(pending, task, reads, now) : undefined
  }

  /**
   * The step is through: hands the assignment over, or takes the reservation back.
   *
   * @param written undefined where the store did not say whether it was written: the task stays counted for its controls
   */
  settle(pending: PendingAssignment, written: WrittenAssignment | NotWritten | undefined): void {
    const { agent, session, claim, reservation } = pending
    agent.cancel(reservation)
    const isWritten = written !== undefined && 'lease' in written
    if (isWritten) this.#handOver(agent, written)
    else this.#undo(pending, written)
    if (session === undefined) claim?.settle(isWritten ? written.assignment : undefined)
  }

  /** Takes back an assignment that was written, although the answer was lost and the agent was never told. */
  takeBackUntold({ taskId, lease }: TaskRecord): void {
    if (lease === undefined) return
    const { leases, admission, ender } = this.#modules
    const known = leases.leaseOf(taskId)
    if (known !== undefined && known.fencingToken >= lease.fencingToken) return
    admission.assigned(taskId, lease.fencingToken)
    void ender.takeBack(taskId, lease, 'the assignment was never handed over')
  }

  /** The step that should have made the task did not happen. */
  neverWritten(taskId: TaskId): void {
    this.#modules.admission.cancel(taskId)
  }

  #decide(
    pending: PendingAssignment,
    task: TaskRecord,
    [payload, ...budgets]: Reads,
    now: EpochMs,
  ): Decided<WrittenAssignment> | undefined {
    const { planned, session } = pending
    const { entry, agentId, reason, candidateCount, candidates, delegationPath, price, secondPrice } = planned
    pending.heldBy = undefined
    // The entry was a hint: the task may have been canceled, assigned or finished since.
    if (task.readyCount !== entry.readyCount || !isWaiting(task.phase)) return undefined
    const start = this.#modules.ledger.start(
      entry,
      budgets as readonly (StoredRecord<BudgetRecord> | undefined)[],
      now,
    )
    if (start.isHeld) {
      pending.heldBy = start.budgets
      return undefined
    }
    const { taskId } = task
    const lease = this.#leaseFor(planned, task, start.charges)
    const change = assignTask(task, lease, session === undefined, now, {
      strategy: this.#options.strategyKind(),
      candidateCount,
    })
    const { attempt } = change.task
    const { fencingToken: token, leaseMs } = lease
    const assignment = {
      taskId,
      fencingToken: token,
      attempt,
      leaseMs,
      expiresAt: (now + leaseMs) as EpochMs,
      spec: task.spec,
      payload: (payload?.value as JsonText | undefined) ?? jsonText('null'),
    }
    const decision = put(DECISION_RECORDS, taskId, {
      taskId,
      attempt,
      fencingToken: token,
      agentId,
      strategy: this.#options.strategyKind(),
      reason,
      candidateCount,
      candidates,
      ...(delegationPath === undefined ? {} : { delegationPath }),
      ...(price === undefined ? {} : { price }),
      ...(secondPrice === undefined ? {} : { secondPrice }),
      decidedAt: now,
    })
    const result = { task: change.task, lease, assignment, budgets: start.budgets }
    return { change, writes: [decision, ...start.writes], result }
  }

  #leaseFor(
    { agentId, delegationPath }: PlannedAssignment,
    task: TaskRecord,
    charges: readonly BudgetCharge[],
  ): TaskLease {
    const { epoch } = this.#modules.journal
    return {
      agentId,
      fencingToken: fencingToken(epoch, task.assignmentCount + 1),
      ownerNodeId: this.#options.nodeId,
      nodeEpoch: epoch,
      leaseMs: this.#options.leaseMs(),
      ...(delegationPath === undefined ? {} : { reportingChain: delegationPath.slice(0, -1).toReversed() }),
      ...(charges.length === 0 ? {} : { charges }),
    }
  }

  /** Whether what was true of the agent when its room was set aside still is. */
  #isReachable({ agent, session, claim }: PendingAssignment): boolean {
    const { registry, clock } = this.#modules
    if (registry.find(agent.agentId) !== agent || !agent.mayStart(clock.monotonic())) return false
    return agent.session === session && (session !== undefined || claim?.isOver === false)
  }

  #handOver(agent: AgentState, { task, lease, assignment, budgets }: WrittenAssignment): void {
    const { leases, openTasks, aftermath, channel, ender, admission, ledger } = this.#modules
    ledger.know(budgets)
    admission.assigned(task.taskId, lease.fencingToken)
    const earlier = leases.leaseOf(task.taskId)
    // The step that ended it went unanswered: whoever held the task has its slot back only now.
    if (earlier !== undefined) aftermath.attemptEnded(task.taskId, earlier, 'neutral')
    agent.hold(task.taskId, task.spec.resources, lease.fencingToken)
    leases.begin(task.taskId, lease, task.spec.timeoutMs)
    openTasks.update(task)
    if (task.phase === 'running') return
    if (agent.session === undefined || agent.hasStopped) {
      void ender.takeBack(task.taskId, lease, 'the agent left before it was given the task')
      return
    }
    channel.send(agent.session, { type: 'assigned', assignment })
  }

  #undo({ planned, agent, heldBy }: PendingAssignment, found: NotWritten | undefined): void {
    const { aftermath, admission, ledger } = this.#modules
    if (found !== undefined) ledger.know(heldBy ?? [])
    const task = found?.task
    if (task?.lease !== undefined) admission.assigned(task.taskId, task.lease.fencingToken)
    else if (found !== undefined) admission.cancel(planned.entry.taskId)
    aftermath.assignmentFailed(agent)
    // An earlier try was written although the store's answer was lost: its agent was never told.
    if (task !== undefined) this.takeBackUntold(task)
  }
}
