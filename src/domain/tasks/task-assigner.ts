import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState } from '../agents/agent-state.ts'
import type { DirectChannel } from '../communication/direct-channel.ts'
import type { PlannedAssignment } from '../distribution/distribution-strategy.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import type { Assignment } from '../model/assignment.ts'
import { DECISION_RECORDS } from '../model/decision-record.ts'
import { isSwarmError } from '../model/errors.ts'
import { fencingToken } from '../model/fencing-token.ts'
import { type EpochMs, jsonText, type NodeId } from '../model/ids.ts'
import type { StrategyKind } from '../model/strategy-settings.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import type { TaskLease, TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put } from '../ports/records.ts'
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
}

type Written =
  | {
      readonly isNew: true
      readonly task: TaskRecord
      readonly lease: TaskLease
      readonly assignment: Assignment
    }
  /** Nothing was written; the task as it stands, if it exists. */
  | { readonly isNew: false; readonly task: TaskRecord | undefined }

/** Turns one planned assignment into a durable one with a new fencing token, and hands it to the agent. */
export class TaskAssigner {
  readonly #options: TaskAssignerOptions
  readonly #modules: TaskAssignerModules

  constructor(options: TaskAssignerOptions, modules: TaskAssignerModules) {
    this.#options = options
    this.#modules = modules
  }

  /** @returns `put_back` where the task still waits and has to be planned again. */
  async assign(planned: PlannedAssignment): Promise<'done' | 'put_back'> {
    const { registry, logger } = this.#modules
    const { taskId, resources } = planned.entry
    const agent = registry.find(planned.agentId)
    if (agent === undefined) return 'put_back'
    const { session, claim } = agent
    const reservation = agent.reserve(resources)
    agent.breaker.onStart(this.#modules.clock.monotonic())
    if (session === undefined) claim?.reserve()
    registry.refresh(agent)
    let written: Written | undefined
    let outcome: 'done' | 'put_back' = 'done'
    try {
      written = await this.#write(planned, session === undefined)
    } catch (error) {
      const isDamaged = isSwarmError(error, 'record_damaged')
      // Planned again it would be read again, and found damaged again.
      outcome = isDamaged ? 'done' : 'put_back'
      if (isDamaged) void this.#modules.ender.failDamaged(taskId, error.details)
      else if (!isSwarmError(error)) logger.error({ error, taskId }, 'assignment failed')
    }
    agent.cancel(reservation)
    if (written?.isNew) this.#handOver(agent, written)
    else this.#undo(agent, written?.task)
    if (session === undefined) claim?.settle(written?.isNew ? written.assignment : undefined)
    return outcome
  }

  #write(planned: PlannedAssignment, isAccepted: boolean): Promise<Written> {
    const { journal, clock } = this.#modules
    const { taskId, readyCount } = planned.entry
    const keys = [taskKey(taskId), { kind: PAYLOAD_RECORDS, id: taskId }] as const
    return journal.transact(keys, ([stored, payload]) => {
      const task = stored?.value
      // The entry was a hint: the task may have been canceled, assigned or finished since.
      if (task === undefined || task.readyCount !== readyCount || !isWaiting(task.phase)) {
        return unchanged<Written>({ isNew: false, task })
      }
      const now = clock.now()
      const lease = this.#leaseFor(planned, task)
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
      return taskStep<Written>(change, { isNew: true, task: change.task, lease, assignment }, [decision])
    })
  }

  #leaseFor({ agentId, delegationPath }: PlannedAssignment, task: TaskRecord): TaskLease {
    const { epoch } = this.#modules.journal
    return {
      agentId,
      fencingToken: fencingToken(epoch, task.assignmentCount + 1),
      ownerNodeId: this.#options.nodeId,
      nodeEpoch: epoch,
      leaseMs: this.#options.leaseMs(),
      ...(delegationPath === undefined ? {} : { reportingChain: delegationPath.slice(0, -1).toReversed() }),
    }
  }

  #handOver(agent: AgentState, { task, lease, assignment }: Extract<Written, { isNew: true }>): void {
    const { leases, openTasks, aftermath, channel, ender } = this.#modules
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

  #undo(agent: AgentState, task: TaskRecord | undefined): void {
    const { leases, aftermath, ender } = this.#modules
    aftermath.assignmentFailed(agent)
    if (task?.lease === undefined) return
    // An earlier try was written although the store's answer was lost: its agent was never told.
    const known = leases.leaseOf(task.taskId)
    if (known === undefined || known.fencingToken < task.lease.fencingToken) {
      void ender.takeBack(task.taskId, task.lease, 'the assignment was never handed over')
    }
  }
}
