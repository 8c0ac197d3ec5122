import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState } from '../agents/agent-state.ts'
import type { TimerQueue } from '../kernel/timer-queue.ts'
import type { TaskId } from '../model/ids.ts'
import { isTerminal, type TaskLease, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { OpenTasks } from './open-tasks.ts'

/** What the end of an attempt says about its agent. */
export type Verdict = 'success' | 'failure' | 'neutral'

export type EndedLease = Pick<TaskLease, 'agentId' | 'fencingToken'>

export interface TaskAftermathModules {
  readonly registry: AgentRegistry
  readonly leases: LeaseKeeper
  readonly openTasks: OpenTasks
  readonly deadlines: TimerQueue<TaskId>
  readonly clock: Clock
  readonly admission: AdmissionControl
  /** The task waits for no agent any more. */
  onFinished(taskId: TaskId): void
  /** Everything the task depended on was seen to finish well, or one of it to finish otherwise. */
  onUnblocked(taskId: TaskId): void
  /** Other tasks may start now that could not before. */
  onAdmission(): void
  /** The agent holds nothing any more. */
  onIdle(agent: AgentState): void
  onBreaker(agent: AgentState, isOpen: boolean): void
}

/** What follows in memory once a task's transition is durable. All of it can be rebuilt from the records. */
export class TaskAftermath {
  readonly #modules: TaskAftermathModules

  constructor(modules: TaskAftermathModules) {
    this.#modules = modules
  }

  /** An attempt ended: its agent has room again. */
  attemptEnded(taskId: TaskId, lease: EndedLease, verdict: Verdict): void {
    const { registry, leases, admission, onAdmission } = this.#modules
    leases.end(taskId, lease.fencingToken)
    if (admission.end(taskId, lease.fencingToken)) onAdmission()
    const agent = registry.find(lease.agentId)
    if (agent === undefined || !agent.free(taskId, lease.fencingToken)) return
    this.#freed(agent, verdict)
  }

  /** An assignment came to nothing: its agent has the room again that was set aside for it. */
  assignmentFailed(agent: AgentState): void {
    this.#freed(agent, 'neutral')
  }

  /** The task stands as given now. */
  changed(task: TaskRecord): void {
    if (isTerminal(task.status)) this.#finished(task)
    else this.#modules.openTasks.update(task)
  }

  #freed(agent: AgentState, verdict: Verdict): void {
    const { registry, onIdle } = this.#modules
    this.#judge(agent, verdict)
    registry.refresh(agent)
    if (agent.heldCount === 0) onIdle(agent)
  }

  #finished({ taskId, status }: TaskRecord): void {
    const { openTasks, leases, deadlines, admission, onUnblocked, onFinished, onAdmission } = this.#modules
    // Nobody holds a finished task, though the step that ended its lease may have gone unanswered.
    const lease = leases.leaseOf(taskId)
    if (lease !== undefined) this.attemptEnded(taskId, lease, 'neutral')
    deadlines.delete(taskId)
    if (admission.forget(taskId)) onAdmission()
    onFinished(taskId)
    const dependents =
      status === 'completed' ? openTasks.dependencyCompleted(taskId) : openTasks.dependentsOf(taskId)
    openTasks.delete(taskId)
    for (const dependent of dependents) onUnblocked(dependent)
  }

  #judge(agent: AgentState, verdict: Verdict): void {
    const now = this.#modules.clock.monotonic()
    if (verdict === 'neutral') agent.breaker.onNeutral()
    else if (verdict === 'success') {
      if (agent.breaker.onSuccess()) this.#modules.onBreaker(agent, false)
    } else if (agent.breaker.onFailure(now)) this.#modules.onBreaker(agent, true)
  }
}
