import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState } from '../agents/agent-state.ts'
import type { DirectChannel } from '../communication/direct-channel.ts'
import type { AssignOutcome, PlannedAssignment } from '../distribution/distribution-strategy.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import type { Assignment } from '../model/assignment.ts'
import type { BudgetCharge, BudgetRecord } from '../model/budget-record.ts'
import { DECISION_RECORDS } from '../model/decision-record.ts'
import { isSwarmError } from '../model/errors.ts'
import { fencingToken } from '../model/fencing-token.ts'
import { type EpochMs, jsonText, type NodeId, type TaskId } from '../model/ids.ts'
import type { StrategyKind } from '../model/strategy-settings.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import type { TaskLease, TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put } from '../ports/records.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { AdmissionLedger } from '../resources/admission/admission-ledger.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { OpenTasks } from './open-tasks.ts'
import type { TaskAftermath } from './task-aftermath.ts'
import type { TaskEnder } from './task-ender.ts'
import { assignTask, isWaiting } from './task-machine.ts'
import { taskKey, taskStep } from './task-writer.ts'

export interface TaskAssignerOptions {
  readonly nodeId: NodeId
  leaseMs(): number
  strategyKind(): StrategyKind
}

export interface TaskAssignerModules {
  readonly journal: SwarmJournal
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

type Written =
  | {
      readonly isNew: true
      readonly task: TaskRecord
      readonly lease: TaskLease
      readonly assignment: Assignment
      readonly budgets: readonly BudgetRecord[]
    }
  /** Nothing was written; the task as it stands, if it exists. */
  | {
      readonly isNew: false
      readonly task: TaskRecord | undefined
      /** A budget has too little left, as its record says. */
      readonly isHeld: boolean
      readonly budgets: readonly BudgetRecord[]
    }

/** Turns one planned assignment into a durable one with a new fencing token, and hands it to the agent. */
export class TaskAssigner {
  readonly #options: TaskAssignerOptions
  readonly #modules: TaskAssignerModules

  constructor(options: TaskAssignerOptions, modules: TaskAssignerModules) {
    this.#options = options
    this.#modules = modules
  }

  async assign(planned: PlannedAssignment): Promise<AssignOutcome> {
    const { registry, logger } = this.#modules
    const { taskId, resources } = planned.entry
    const agent = registry.find(planned.agentId)
    if (agent === undefined) return 'put_back'
    const { admission } = this.#modules
    // Asked again: what the plan was made from may have been planned by others too.
    if (admission.holdOf(planned.entry) !== undefined) return 'held'
    admission.start(planned.entry)
    const { session, claim } = agent
    const reservation = agent.reserve(resources)
    agent.breaker.onStart(this.#modules.clock.monotonic())
    if (session === undefined) claim?.reserve()
    registry.refresh(agent)
    let written: Written | undefined
    let outcome: AssignOutcome = 'done'
    try {
      written = await this.#write(planned, session === undefined)
      if (!written.isNew && written.isHeld) outcome = 'held'
    } catch (error) {
      const isDamaged = isSwarmError(error, 'record_damaged')
      // Planned again it would be read again, and found damaged again.
      outcome = isDamaged ? 'done' : 'put_back'
      if (isDamaged) void this.#modules.ender.failDamaged(taskId, error.details)
      else if (!isSwarmError(error)) logger.error({ error, taskId }, 'assignment failed')
    }
    agent.cancel(reservation)
    if (written?.isNew) this.#handOver(agent, written)
    else this.#undo(agent, planned.entry.taskId, written)
    if (session === undefined) claim?.settle(written?.isNew ? written.assignment : undefined)
    return outcome
  }

  #write(planned: PlannedAssignment, isAccepted: boolean): Promise<Written> {
    const { journal, clock, ledger } = this.#modules
    const { taskId, readyCount } = planned.entry
    const keys = [
      taskKey(taskId),
      { kind: PAYLOAD_RECORDS, id: taskId },
      ...ledger.startKeys(planned.entry),
    ] as const
    return journal.transact(keys, ([stored, payload, ...budgets]) => {
      const task = stored?.value
      // The entry was a hint: the task may have been canceled, assigned or finished since.
      if (task === undefined || task.readyCount !== readyCount || !isWaiting(task.phase)) {
        return unchanged<Written>({ isNew: false, isHeld: false, task, budgets: [] })
      }
      const now = clock.now()
      const start = ledger.start(planned.entry, budgets, now)
      if (start.isHeld)
        return unchanged<Written>({ isNew: false, isHeld: true, task, budgets: start.budgets })
      const lease = this.#leaseFor(planned, task, start.charges)
      const change = assignTask(task, lease, isAccepted, now)
      const assignment: Assignment = {
        taskId,
        fencingToken: lease.fencingToken,
        attempt: change.task.attempt,
        leaseMs: lease.leaseMs,
        expiresAt: (now + lease.leaseMs) as EpochMs,
        spec: task.spec,
        payload: payload?.value ?? jsonText('null'),
      }
      const { agentId, reason, candidateCount, candidates, delegationPath } = planned
      const decision = put(DECISION_RECORDS, taskId, {
        taskId,
        attempt: change.task.attempt,
        fencingToken: lease.fencingToken,
        agentId,
        strategy: this.#options.strategyKind(),
        reason,
        candidateCount,
        candidates,
        ...(delegationPath === undefined ? {} : { delegationPath }),
        decidedAt: now,
      })
      const result = { isNew: true, task: change.task, lease, assignment, budgets: start.budgets } as const
      return taskStep<Written>(change, result, [decision, ...start.writes])
    })
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

  #handOver(agent: AgentState, written: Extract<Written, { isNew: true }>): void {
    const { leases, openTasks, aftermath, channel, ender, admission, ledger } = this.#modules
    const { task, lease, assignment } = written
    ledger.know(written.budgets)
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

  /** @param written undefined where the store did not say whether it was written: the task stays counted */
  #undo(agent: AgentState, taskId: TaskId, written: Extract<Written, { isNew: false }> | undefined): void {
    const { leases, aftermath, ender, admission, ledger } = this.#modules
    ledger.know(written?.budgets ?? [])
    const task = written?.task
    if (task?.lease !== undefined) admission.assigned(taskId, task.lease.fencingToken)
    else if (written !== undefined) admission.cancel(taskId)
    aftermath.assignmentFailed(agent)
    if (task?.lease === undefined) return
    // An earlier try was written although the store's answer was lost: its agent was never told.
    const known = leases.leaseOf(task.taskId)
    if (known === undefined || known.fencingToken < task.lease.fencingToken) {
      void ender.takeBack(task.taskId, task.lease, 'the assignment was never handed over')
    }
  }
}
