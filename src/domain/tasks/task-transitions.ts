import { unchanged } from '../kernel/swarm-journal.ts'
import type { BudgetAmounts } from '../model/budget-record.ts'
import type { EpochMs, TaskId } from '../model/ids.ts'
import type { TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordKey, RecordWrite, StoredRecord } from '../ports/records.ts'
import type { Step } from '../ports/swarm-store.ts'
import type { EndingSteps } from './ending-steps.ts'
import type { EndedLease, TaskAftermath, Verdict } from './task-aftermath.ts'
import type { TaskChange } from './task-machine.ts'
import { taskStep } from './task-writer.ts'

/** What a step makes of one task. */
export interface Decided<R = undefined> {
  readonly change: TaskChange
  /** Beside the task's record. */
  readonly writes?: readonly RecordWrite[]
  readonly result?: R
}

type Reads = readonly (StoredRecord | undefined)[]

/** What follows a transition in the same step, if it ends an attempt. */
export interface Follower<F> {
  /** Read in the step. */
  readonly keys: readonly RecordKey[]
  /** @param ended what ended the attempt @returns undefined where nothing is to follow */
  decide(ended: TaskChange, now: EpochMs, reads: Reads): Decided<F> | undefined
  /** The step is through. Called after what follows from the transition itself. */
  settle(result: F | undefined): void
  /** The step was refused, or nobody knows what became of it. */
  fail(error: unknown): void
}

export interface Transition<R, F> {
  readonly taskId: TaskId
  /** Records that the decision rests on, beside the task's own. */
  readonly reads?: readonly RecordKey[]
  /**
   * Pure: it may run more than once. What it throws refuses the transition.
   *
   * @returns undefined where the task stays as it is
   */
  decide(task: TaskRecord | undefined, now: EpochMs, reads: Reads): Decided<R> | undefined
  /**
   * The lease that has ended once this is through, by this step or by one before whose answer was lost. Where it is left
   * out, the lease that this step ends.
   */
  readonly lease?: EndedLease | undefined
  /** What the agent says that the attempt used; undefined where it said nothing. */
  readonly used?: BudgetAmounts | undefined
  /** What the end of the attempt says about the agent; `neutral` where it is left out. */
  verdict?(done: Transitioned<R>): Verdict
  readonly follower?: Follower<F> | undefined
}

export interface Transitioned<R> {
  /** As it stands after the step; undefined where there is none. */
  readonly task: TaskRecord | undefined
  readonly isChanged: boolean
  /** The lease that this step ended. */
  readonly ended: EndedLease | undefined
  /** Of the decision; undefined where the task stayed as it was. */
  readonly result: R | undefined
}

interface Written<R, F> {
  readonly task: TaskRecord | undefined
  readonly done: Transitioned<R>
  readonly following?: F | undefined
}

export interface TaskTransitionsModules {
  readonly endings: EndingSteps
  readonly aftermath: TaskAftermath
  readonly clock: Clock
}

/**
 * Takes one task from a state to the next: a compare-and-set of its record with all that changes in the same step, and
 * what follows from it in memory. Every change of a task that is there already comes through here.
 */
export class TaskTransitions {
  readonly #modules: TaskTransitionsModules

  constructor(modules: TaskTransitionsModules) {
    this.#modules = modules
  }

  /** @throws what `decide` threw; `record_damaged`, `store_unavailable`, `not_coordinator` */
  async run<R = undefined, F = never>(transition: Transition<R, F>): Promise<Transitioned<R>> {
    const { taskId, lease, verdict, follower } = transition
    const { aftermath } = this.#modules
    const { done, following } = await this.#write(transition)
    const ended = lease ?? done.ended
    if (ended !== undefined) aftermath.attemptEnded(taskId, ended, verdict?.(done) ?? 'neutral')
    if (done.task !== undefined) aftermath.changed(done.task)
    follower?.settle(following)
    return done
  }

  async #write<R, F>(transition: Transition<R, F>): Promise<Written<R, F>> {
    const { endings, clock } = this.#modules
    const { taskId, reads = [], used, follower } = transition
    try {
      return await endings.transact({
        taskId,
        reads: [...reads, ...(follower?.keys ?? [])],
        used,
        decide: (before, others) => stepOf(transition, before, others, clock.now()),
      })
    } catch (error) {
      follower?.fail(error)
      throw error
    }
  }
}

function stepOf<R, F>(
  { decide, reads = [], follower }: Transition<R, F>,
  before: TaskRecord | undefined,
  others: Reads,
  now: EpochMs,
): Step<Written<R, F>> {
  const decided = decide(before, now, others.slice(0, reads.length))
  if (decided === undefined || decided.change.task === before) {
    const done = { task: before, isChanged: false, ended: undefined, result: undefined }
    return unchanged<Written<R, F>>({ task: before, done })
  }
  const { change, writes, result } = decided
  const ended = change.task.lease === undefined ? before?.lease : undefined
  const done = { task: change.task, isChanged: true, ended, result }
  const next = ended === undefined ? undefined : follower?.decide(change, now, others.slice(reads.length))
  const step = taskStep<Written<R, F>>(change, { task: change.task, done, following: next?.result }, writes)
  return next === undefined ? step : { ...step, ...joined(step, taskStep(next.change, null, next.writes)) }
}

function joined(first: Step<unknown>, second: Step<unknown>): Omit<Step<unknown>, 'result'> {
  return {
    writes: [...first.writes, ...second.writes],
    events: [...first.events, ...second.events],
    ready: [...first.ready, ...second.ready],
    settled: [...(first.settled ?? []), ...(second.settled ?? [])],
  }
}
