import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { ImmediatePlanner } from '../distribution/immediate-planner.ts'
import type { TaskDistributor } from '../distribution/task-distributor.ts'
import { isSwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import type { TaskRecord } from '../model/task-record.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { RecordKey, StoredRecord } from '../ports/records.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import { byRank } from '../resources/priority-scheduler.ts'
import type { PendingAssignment, TaskAssigner, WrittenAssignment } from './task-assigner.ts'
import type { TaskEnder } from './task-ender.ts'
import type { TaskChange } from './task-machine.ts'
import type { TaskReport } from './task-service.ts'
import type { Decided, Follower } from './task-transitions.ts'
import { taskKey } from './task-writer.ts'

export interface NextTasksModules {
  readonly registry: AgentRegistry
  readonly planner: ImmediatePlanner
  readonly distributor: TaskDistributor
  readonly assigner: TaskAssigner
  readonly ender: TaskEnder
  readonly admission: AdmissionControl
}

const NOT_WRITTEN = { isWritten: false } as const

/** Finds the waiting task that an agent is handed in the step that ends its present one. */
export class NextTasks {
  readonly #modules: NextTasksModules

  constructor(modules: NextTasksModules) {
    this.#modules = modules
  }

  /**
   * Takes the agent's next task out of the line and sets its room aside.
   *
   * @param isFailure whether the report says that the attempt failed
   * @returns undefined where no task waits that would go to the agent
   */
  reserve({ agentId, taskId, fencingToken }: TaskReport, isFailure: boolean): NextTask | undefined {
    const { registry, planner, distributor, assigner, admission } = this.#modules
    // What the task holds of its controls would be free only after the step: others may have to go first then.
    if (admission.isLimited(taskId)) return undefined
    const agent = registry.find(agentId)
    const planned = agent && planner.planNext(agent, { taskId, fencingToken, isFailure })
    const entry = planned && distributor.takeOut(planned.entry.taskId)
    if (planned === undefined || entry === undefined) return undefined
    const pending = assigner.reserve(planned)
    if (typeof pending !== 'string') return new NextTask(entry, pending, this.#modules)
    distributor.assigned(entry, pending)
    return undefined
  }
}

/** A waiting task that follows in the step that ends another; see {@link NextTasks}. */
export class NextTask implements Follower<WrittenAssignment> {
  readonly keys: readonly RecordKey[]
  readonly #entry: ReadyEntry
  readonly #pending: PendingAssignment
  readonly #modules: Pick<NextTasksModules, 'distributor' | 'assigner' | 'planner' | 'ender'>

  constructor(
    entry: ReadyEntry,
    pending: PendingAssignment,
    modules: Pick<NextTasksModules, 'distributor' | 'assigner' | 'planner' | 'ender'>,
  ) {
    const { taskId } = entry
    this.keys = [taskKey(taskId), ...modules.assigner.keysOf(pending)]
    this.#entry = entry
    this.#pending = pending
    this.#modules = modules
  }

  /** Whether the error says that this task cannot be read. It has then been ended, and is no reason to refuse the report. */
  isDamaged(error: unknown): boolean {
    return isSwarmError(error, 'record_damaged') && error.details.id === this.#entry.taskId
  }

  decide(
    ended: TaskChange,
    now: EpochMs,
    [stored, ...reads]: readonly (StoredRecord | undefined)[],
  ): Decided<WrittenAssignment> | undefined {
    const task = stored?.value as TaskRecord | undefined
    // The task that the agent gives back may be the one that has to run next.
    const isLater = ended.ready.some((entry) => entry.dueAt === undefined && byRank(entry, this.#entry) < 0)
    if (task === undefined || isLater) return undefined
    return this.#modules.assigner.decide(this.#pending, task, reads, now)
  }

  settle(written: WrittenAssignment | undefined): void {
    const { assigner, distributor } = this.#modules
    // Before its room is free, so that the next round sees what waits.
    const isHeld = this.#pending.heldBy !== undefined
    distributor.assigned(this.#entry, written === undefined ? (isHeld ? 'held' : 'not_now') : 'done')
    assigner.settle(this.#pending, written ?? NOT_WRITTEN)
  }

  fail(error: unknown): void {
    const { assigner, distributor, planner, ender } = this.#modules
    const isUnknown = isSwarmError(error, 'store_unavailable')
    if (isUnknown) planner.pause()
    if (this.isDamaged(error) && isSwarmError(error, 'record_damaged')) {
      distributor.assigned(this.#entry, 'done')
      void ender.failDamaged(this.#entry.taskId, error.details)
    } else {
      distributor.assigned(this.#entry, isUnknown ? 'put_back' : 'not_now')
    }
    assigner.settle(this.#pending, isUnknown ? undefined : NOT_WRITTEN)
  }
}
