import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError, type SwarmErrorDetails } from '../model/errors.ts'
import { type EpochMs, type JsonText, type TaskId } from '../model/ids.ts'
import { PAYLOAD_RECORDS, RESULT_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskFailure, type TaskLease, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import { put, type RecordKey } from '../ports/records.ts'
import { backoffMs } from '../resources/backoff.ts'
import type { ReportingLines } from '../topology/reporting-lines.ts'
import { resolveDependencies } from './dependencies.ts'
import type { LeaseEnd, LeaseKeeper } from './lease-keeper.ts'
import type { OpenTasks } from './open-tasks.ts'
import type { EndedLease, TaskAftermath, Verdict } from './task-aftermath.ts'
import {
  cancelTask,
  failAttempt,
  failTask,
  type RankOf,
  releaseTask,
  type TaskChange,
} from './task-machine.ts'
import type { CancelRequest } from './task-service.ts'
import type { TaskTransitions } from './task-transitions.ts'
import { taskKey, taskStep } from './task-writer.ts'

export interface TaskEnderOptions {
  readonly rankOf: RankOf
  /** Assignments of one task that no agent received and that are not charged; further ones are. */
  readonly undeliveredMax: number
}

export interface TaskEnderModules {
  readonly journal: SwarmJournal
  readonly aftermath: TaskAftermath
  readonly transitions: TaskTransitions
  readonly leases: LeaseKeeper
  readonly openTasks: OpenTasks
  readonly reportingLines: ReportingLines
  readonly reminders: Reminders
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The task was taken from the agent that held it. */
  onRevoked(task: TaskRecord, lease: EndedLease, kind: 'revoked' | 'canceled', reason: string): void
}

interface Looked {
  readonly task: TaskRecord | undefined
  /** What it depends on and is completed. */
  readonly completed: readonly TaskId[]
}

type OnDamaged = (details: SwarmErrorDetails['record_damaged']) => Promise<void>

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/** Ends attempts and tasks from the swarm's side: by time, by loss of an agent, by cancel, by what they depend on. */
export class TaskEnder {
  readonly #options: TaskEnderOptions
  readonly #modules: TaskEnderModules

  constructor(options: TaskEnderOptions, modules: TaskEnderModules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * A lease ran out, or the agent that held it is gone. The attempt counts if the agent had received the task, and the
   * next one waits its turn; else the task goes back at once.
   */
  async expire(taskId: TaskId, lease: TaskLease, end: LeaseEnd | 'agent_lost'): Promise<void> {
    const draw = this.#modules.random.next()
    // Before the write: an agent that is lost is about to be taken out of the tree.
    const escalation = this.#modules.reportingLines.escalationFrom(lease)
    const failure = { code: end, message: EXPIRY_MESSAGES[end] }
    await this.#endAttempt(taskId, lease, 'failure', failure.message, (task, now) => {
      if (!this.#wasReceived(task)) return this.#undeliver(task, failure.message, draw, now)
      const retryInMs = backoffMs(task.spec.backoff, task.attempt, draw)
      const attempt = { failure, outcome: 'expired', mayRetry: true, retryInMs, escalation } as const
      return failAttempt(task, attempt, now, this.#options.rankOf)
    })
  }

  /** Takes an assignment back of which it is known that it did not reach the agent. */
  async undeliver(taskId: TaskId, lease: TaskLease, reason: string): Promise<void> {
    const draw = this.#modules.random.next()
    await this.#endAttempt(taskId, lease, 'neutral', reason, (task, now) =>
      this.#undeliver(task, reason, draw, now),
    )
  }

  /** Takes an assignment back through no fault of the agent: the attempt does not count. */
  async takeBack(taskId: TaskId, lease: TaskLease, reason: string): Promise<void> {
    await this.#endAttempt(taskId, lease, 'neutral', reason, (task, now) =>
      releaseTask(task, 'revoked', reason, now, this.#options.rankOf),
    )
  }

  /** Cancels the task and everything below it. A task that is canceled already is answered as it stands. */
  async cancel({ taskId, reason }: CancelRequest): Promise<TaskRecord> {
    try {
      const task = await this.#endTask(taskId, 'canceled', reason, (before, now) =>
        cancelTask(before, reason, now),
      )
      if (task === undefined) throw new SwarmError('task_not_found', { taskId })
      if (task.status !== 'canceled') throw new SwarmError('task_finished', { taskId, status: task.status })
      await this.#cancelBelow(taskId)
      return task
    } catch (error) {
      // It may have been written all the same, and the caller may never ask again.
      if (isSwarmError(error, 'store_unavailable')) this.#later(() => this.#finishCancel(taskId))
      throw error
    }
  }

  async #finishCancel(taskId: TaskId): Promise<void> {
    const { journal, aftermath } = this.#modules
    const task = await journal.transact([taskKey(taskId)], ([stored]) => unchanged(stored?.value))
    if (task === undefined || !isTerminal(task.status)) return
    aftermath.changed(task)
    if (task.status === 'canceled') await this.#cancelBelow(taskId)
  }

  async #cancelBelow(parent: TaskId): Promise<void> {
    for (const child of this.#modules.openTasks.childrenOf(parent)) {
      await this.#cancelIfOpen(child, `its parent ${parent} was canceled`)
    }
  }

  async #cancelIfOpen(taskId: TaskId, reason: string): Promise<void> {
    try {
      await this.cancel({ taskId, reason })
    } catch (error) {
      if (!isSwarmError(error, 'task_finished', 'task_not_found')) throw error
    }
  }

  /** Finishes a cancel that was cut short between a parent and its child. */
  async cancelIfParentWas(taskId: TaskId, parentTaskId: TaskId): Promise<void> {
    await this.#untilWritten(async () => {
      const parent = await this.#modules.journal.transact([taskKey(parentTaskId)], ([stored]) =>
        unchanged(stored?.value),
      )
      if (parent?.status === 'canceled')
        await this.#cancelIfOpen(taskId, `its parent ${parentTaskId} was canceled`)
    })
  }

  async cancelAll(reason: string): Promise<void> {
    for (const taskId of this.#modules.openTasks.ids()) await this.#cancelIfOpen(taskId, reason)
  }

  async missDeadline(taskId: TaskId): Promise<void> {
    await this.fail(taskId, {
      code: 'deadline_exceeded',
      message: 'the deadline passed before the task was completed',
    })
  }

  /** Fails the task for good, whoever holds it; one that is finished stays as it is. */
  async fail(taskId: TaskId, failure: TaskFailure): Promise<void> {
    await this.#untilWritten(() =>
      this.#endTask(taskId, 'revoked', failure.message, (task, now) => failTask(task, failure, now)),
    )
  }

  /** Fails a task that can never run because a record that it needs is damaged. */
  async failDamaged(taskId: TaskId, { kind, id }: SwarmErrorDetails['record_damaged']): Promise<void> {
    await this.fail(taskId, {
      code: 'record_damaged',
      message: `the stored record ${id} of kind ${kind} is damaged`,
    })
  }

  /** Looks at what a blocked task depends on: it may run now, or never can. */
  async lookAtDependencies(taskId: TaskId): Promise<void> {
    const { journal, aftermath, openTasks, clock } = this.#modules
    const onDamaged: OnDamaged = (details) => this.failDamaged(taskId, details)
    await this.#untilWritten(async () => {
      const [stored] = await journal.transact([taskKey(taskId)], (records) => unchanged(records))
      if (stored === undefined) return
      if (stored.value.phase !== 'blocked') {
        // Perhaps since the try before, whose answer was lost.
        aftermath.changed(stored.value)
        return
      }
      const { dependsOn, inputFrom = taskId } = stored.value.spec
      const inputKey: RecordKey<JsonText> = { kind: RESULT_RECORDS, id: inputFrom }
      const keys = [inputKey, taskKey(taskId), ...dependsOn.map(taskKey)] as const
      const { task, completed } = await journal.transact(keys, ([input, own, ...dependencies]) => {
        const found = dependencies.flatMap((record) => (record === undefined ? [] : [record.value]))
        const mayFail = stored.value.spec.onDependencyFailure === 'run'
        const isSeen = ({ status }: TaskRecord) => status === 'completed' || (mayFail && isTerminal(status))
        const completed = found.filter(isSeen).map(toTaskId)
        if (own?.value.phase !== 'blocked') return unchanged<Looked>({ task: own?.value, completed })
        const resolved = resolveDependencies(own.value, found, clock.now(), this.#options.rankOf)
        if (resolved === undefined) return unchanged<Looked>({ task: own.value, completed })
        const { change, writes } = resolved
        const payload = input === undefined ? [] : [put(PAYLOAD_RECORDS, taskId, input.value)]
        return taskStep<Looked>(change, { task: change.task, completed }, [...payload, ...writes])
      })
      if (task === undefined) return
      aftermath.changed(task)
      // The last of the others may have completed since the records were read.
      if (task.phase === 'blocked' && openTasks.dependenciesSeen(taskId, completed)) {
        await this.lookAtDependencies(taskId)
      }
    }, onDamaged)
  }

  /** By its record, or by what was heard since and is not written yet. */
  #wasReceived({ taskId, lease }: TaskRecord): boolean {
    if (lease === undefined) return false
    return lease.isReceived === true || this.#modules.leases.isReceived(taskId, lease.fencingToken)
  }

  /** Not charged, unless it happened so often that the task would go round for ever. */
  #undeliver(task: TaskRecord, reason: string, draw: number, now: EpochMs): TaskChange {
    const { rankOf, undeliveredMax } = this.#options
    const undeliveredCount = task.undeliveredCount ?? 0
    if (undeliveredCount < undeliveredMax) return releaseTask(task, 'undelivered', reason, now, rankOf)
    const message = `no agent received the task in ${undeliveredCount + 1} assignments; the last time: ${reason}`
    const failure = { code: 'undelivered', message }
    const retryInMs = backoffMs(task.spec.backoff, task.attempt, draw)
    return failAttempt(task, { failure, outcome: 'expired', mayRetry: true, retryInMs }, now, rankOf)
  }

  async #endAttempt(
    taskId: TaskId,
    lease: TaskLease,
    verdict: Verdict,
    reason: string,
    change: (task: TaskRecord, now: EpochMs) => TaskChange,
  ): Promise<void> {
    const { transitions, onRevoked } = this.#modules
    await this.#untilWritten(async () => {
      const { task, ended } = await transitions.run({
        taskId,
        lease,
        // A newer assignment, or none: this lease has ended in some other way, perhaps by a step that went unanswered.
        decide: (before, now) =>
          before?.lease?.fencingToken === lease.fencingToken ? { change: change(before, now) } : undefined,
        verdict: ({ task: after, isChanged }) =>
          isChanged && after?.attempts.at(-1)?.outcome !== 'undelivered' ? verdict : 'neutral',
      })
      if (task !== undefined && ended !== undefined) onRevoked(task, lease, 'revoked', reason)
    })
  }

  async #endTask(
    taskId: TaskId,
    kind: 'revoked' | 'canceled',
    reason: string,
    change: (task: TaskRecord, now: EpochMs) => TaskChange,
  ): Promise<TaskRecord | undefined> {
    const { transitions, onRevoked } = this.#modules
    const { task, ended } = await transitions.run({
      taskId,
      decide: (before, now) =>
        before === undefined || isTerminal(before.status) ? undefined : { change: change(before, now) },
    })
    if (task !== undefined && ended !== undefined) onRevoked(task, ended, kind, reason)
    return task
  }

  /** What nobody waits for must not be lost to a store that is away for a while. */
  async #untilWritten(attempt: () => Promise<unknown>, onDamaged?: OnDamaged): Promise<void> {
    try {
      await attempt()
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) this.#later(attempt, onDamaged)
      else if (isSwarmError(error, 'record_damaged') && onDamaged !== undefined)
        await onDamaged(error.details)
      else if (!isSwarmError(error, 'not_coordinator'))
        this.#modules.logger.error({ error }, 'task step failed')
    }
  }

  #later(attempt: () => Promise<unknown>, onDamaged?: OnDamaged): void {
    this.#modules.reminders.set(TRY_AGAIN_MS, () => void this.#untilWritten(attempt, onDamaged))
  }
}

function toTaskId({ taskId }: TaskRecord): TaskId {
  return taskId
}

const EXPIRY_MESSAGES: Record<LeaseEnd | 'agent_lost', string> = {
  lease_expired: 'the lease ran out without a sign of life for the task',
  timeout: 'the attempt took longer than timeoutMs',
  agent_lost: 'the agent closed its channel and did not come back in time',
}
