import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentId, TaskId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyEntry, ReadyQueue } from '../ports/ready-queue.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { Candidate } from '../resources/candidate.ts'
import type { PriorityScheduler } from '../resources/priority-scheduler.ts'
import type { Requirement } from '../resources/requirement.ts'
import type {
  AssignOutcome,
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
} from './distribution-strategy.ts'

export interface TaskDistributorOptions {
  /** Ready tasks taken from the queue ahead of need. */
  readonly windowMax: number
  /** Most ready tasks in memory, those nobody can run now included. */
  waitingMax(): number
}

export interface TaskDistributorModules {
  readonly queue: ReadyQueue
  readonly scheduler: PriorityScheduler
  readonly strategy: DistributionStrategy
  readonly registry: AgentRegistry
  /** Left out where nothing holds tasks back. */
  readonly admission?: AdmissionControl
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** False for a task that is finished: its entry is out of date. */
  isOpen(taskId: TaskId): boolean
  /** Writes one assignment and hands it over. It must not reject; the outcome says whether the task waits again. */
  assign(planned: PlannedAssignment): Promise<AssignOutcome>
}

/** Most tasks offered to the strategy at once. */
const ROUND_TASKS_MAX = 256
const TAKE_MAX = 500
/** Pause after the store or the queue refused, in milliseconds. */
const PAUSE_MS = 200

/**
 * Ready tasks × capable agents → assignments, by the swarm's strategy. It runs in rounds: each looks at the tasks
 * that somebody could start now, plans all of them at once, and writes the plan without waiting for it.
 */
export class TaskDistributor {
  readonly #options: TaskDistributorOptions
  readonly #modules: TaskDistributorModules
  #isWoken = false
  #isRunning = false
  #isFilling = false
  /** Whether the queue may have brought more since it was last asked. */
  #mayHaveMore = false
  #isStopped = false
  #isPaused = false
  #cancelPause: () => void = () => undefined

  constructor(options: TaskDistributorOptions, modules: TaskDistributorModules) {
    this.#options = options
    this.#modules = modules
  }

  /** There may be something to distribute: a task became ready, or an agent got room. */
  wake(): void {
    this.#isWoken = true
    if (!this.#isRunning && !this.#isStopped && !this.#isPaused) void this.#run()
  }

  /** The task is finished: nobody has to look at it any more. */
  forget(taskId: TaskId): void {
    const entry = this.#modules.scheduler.delete(taskId)
    if (entry === undefined) return
    this.#modules.strategy.onGone?.(taskId)
    this.#settle(entry)
  }

  /**
   * Whether it plans now and knows what waits. It does not while it takes tasks from the queue: those are neither here
   * nor there.
   */
  get isUpToDate(): boolean {
    return this.#mayGoOn && !this.#isFilling
  }

  /** Takes a planned task out of the line. To be followed by {@link assigned}. */
  takeOut(taskId: TaskId): ReadyEntry | undefined {
    const { scheduler, strategy } = this.#modules
    const entry = scheduler.delete(taskId)
    strategy.onGone?.(taskId)
    // There may be room in the window for another.
    if (entry !== undefined) this.wake()
    return entry
  }

  /** What became of a task that was taken out of the line. */
  assigned(entry: ReadyEntry, outcome: AssignOutcome): void {
    if (outcome === 'done') {
      this.#settle(entry)
      return
    }
    this.#add(entry)
    if (outcome === 'put_back') this.#pause()
    // What is held is looked at again once its controls let it start.
    else if (outcome === 'not_now') this.wake()
  }

  /** No new assignments from now on. */
  stop(): void {
    this.#isStopped = true
    this.#cancelPause()
    this.#modules.strategy.close?.()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      // Let everything that wakes us in one turn come together in one round.
      await Promise.resolve()
      while (this.#isWoken && this.#mayGoOn) {
        this.#isWoken = false
        while (this.#mayGoOn && this.#round());
      }
      // Beside the rounds: a task that is here waits for nothing that the queue still has to bring.
      void this.#fill()
    } catch (error) {
      this.#modules.logger.error({ error }, 'distribution paused')
      this.#pause()
    } finally {
      this.#isRunning = false
    }
  }

  /** Takes due tasks from the queue until the window is full or none is at hand. */
  async #fill(): Promise<void> {
    this.#mayHaveMore = true
    if (this.#isFilling) return
    this.#isFilling = true
    try {
      while (this.#mayHaveMore && this.#mayGoOn) {
        this.#mayHaveMore = false
        const wanted = this.#wantedCount()
        if (wanted === 0 || !(await this.#take(wanted))) continue
        this.#mayHaveMore = true
        this.wake()
      }
    } catch (error) {
      this.#modules.logger.warn({ error }, 'distribution paused')
      this.#pause()
    } finally {
      this.#isFilling = false
    }
  }

  #wantedCount(): number {
    const { scheduler, registry } = this.#modules
    const { windowMax } = this.#options
    if (scheduler.size < windowMax) return windowMax - scheduler.size
    // A window full of tasks that nobody can run now must not hide those behind it from agents that have room.
    const isBlocked =
      registry.hasRoom &&
      scheduler.size < this.#options.waitingMax() &&
      scheduler.first(1, (requirement) => registry.candidatesFor(requirement).length > 0).length === 0
    return isBlocked ? TAKE_MAX : 0
  }

  /** @returns true where it took any. */
  async #take(room: number): Promise<boolean> {
    const { queue, isOpen } = this.#modules
    const entries = await queue.take(Math.min(room, TAKE_MAX), room)
    for (const entry of entries) {
      if (isOpen(entry.taskId)) this.#add(entry)
      else this.#settle(entry)
    }
    return entries.length > 0
  }

  /** @returns true where there may be more to plan. */
  #round(): boolean {
    const { registry, scheduler } = this.#modules
    if (!registry.hasRoom || scheduler.size === 0) return false
    // A task for each free slot is nearly always enough, and taking 256 out of a long line for one slot costs more
    // than all the rest of its assignment. Where the strategy wants none of the few, it is offered more.
    let tasksMax = registry.freeSlots(ROUND_TASKS_MAX)
    for (;;) {
      const { offeredCount, plannedCount } = this.#plan(tasksMax)
      if (plannedCount > 0) return true
      if (offeredCount < tasksMax || tasksMax === ROUND_TASKS_MAX) return false
      tasksMax = ROUND_TASKS_MAX
    }
  }

  #plan(tasksMax: number): { readonly offeredCount: number; readonly plannedCount: number } {
    const { scheduler, strategy } = this.#modules
    const offer = this.#offer(tasksMax)
    const plan = strategy.plan(offer.context)
    offer.close()
    for (const planned of plan) {
      const entry = scheduler.delete(planned.entry.taskId)
      strategy.onGone?.(planned.entry.taskId)
      if (entry !== undefined) void this.#assign(planned, entry)
    }
    return { offeredCount: offer.count(), plannedCount: plan.length }
  }

  #offer(tasksMax: number): { readonly context: DistributionContext; count(): number; close(): void } {
    const { registry, scheduler, clock, random, admission } = this.#modules
    const draft = admission?.draft()
    const seen = new Map<string, readonly Candidate[]>()
    const candidatesFor = (requirement: Requirement): readonly Candidate[] => {
      const candidates = seen.get(requirement.key) ?? registry.candidatesFor(requirement)
      seen.set(requirement.key, candidates)
      return candidates
    }
    let tasks: readonly ReadyEntry[] | undefined
    const context = {
      now: clock.now(),
      random,
      get tasks() {
        tasks ??= scheduler.first(tasksMax, (requirement) => candidatesFor(requirement).length > 0)
        return tasks
      },
      candidatesFor,
      candidate: (agentId: AgentId) => registry.candidate(agentId),
      mayStart: (entry: ReadyEntry) => scheduler.has(entry.taskId) && draft?.admits(entry) !== false,
    }
    return { context, count: () => tasks?.length ?? 0, close: () => draft?.close() }
  }

  #add(entry: ReadyEntry): void {
    const { scheduler, strategy } = this.#modules
    // An older entry of a task that waits already says nothing new.
    if (scheduler.add(entry)) strategy.onReady?.(entry)
  }

  async #assign(planned: PlannedAssignment, entry: ReadyEntry): Promise<void> {
    this.assigned(entry, await this.#modules.assign(planned))
  }

  #settle(entry: ReadyEntry): void {
    const { queue, logger } = this.#modules
    // What stays behind when this fails is a hint to a task that is no longer ready, and is dropped when it comes up.
    queue.settle([entry]).catch((error: unknown) => logger.warn({ error }, 'ready entry not settled'))
  }

  /** Also asked between rounds: a store that refuses at once would have us plan the same again without end. */
  get #mayGoOn(): boolean {
    return !this.#isStopped && !this.#isPaused
  }

  #pause(): void {
    if (this.#isStopped || this.#isPaused) return
    this.#isPaused = true
    this.#cancelPause = this.#modules.clock.setTimer(PAUSE_MS, () => {
      this.#isPaused = false
      this.wake()
    })
  }
}
