import TinyQueue from 'tinyqueue'
import { RunningEstimator } from '#domain/distribution/balancing/running-estimator.ts'
import type { PlannedAssignment } from '#domain/distribution/distribution-strategy.ts'
import { createStrategy } from '#domain/distribution/strategies/create-strategy.ts'
import { type EpochMs, taskId } from '#domain/model/ids.ts'
import { type StrategySettings, setupSettingsOf } from '#domain/model/strategy-settings.ts'
import type { Random } from '#domain/ports/random.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { priorityRank } from '#domain/resources/priority-rank.ts'
import { PriorityScheduler } from '#domain/resources/priority-scheduler.ts'
import { type DistributionReport, reportOf, type TaskRun } from './distribution-report.ts'
import { type AgentShape, SimulatedAgents } from './simulated-agents.ts'
import type { WorkloadTask } from './workload.ts'

export interface DistributionSimulation {
  readonly tasks: readonly WorkloadTask[]
  readonly agents: readonly AgentShape[]
  readonly strategy: StrategySettings
  readonly random: Random
  /** Time in which a waiting task gains one level of priority, in milliseconds; a minute where left out. */
  readonly agingMs?: number
}

interface Ending {
  readonly atMs: number
  readonly run: TaskRun
}

/**
 * Runs a workload through a strategy: the scheduler and the strategy are those of a server, agents are a speed and a
 * number of slots. Equal arguments and equal randomness give equal reports.
 */
export function simulateDistribution(simulation: DistributionSimulation): DistributionReport {
  return new Run(simulation).report()
}

class Run {
  readonly #simulation: DistributionSimulation
  readonly #scheduler = new PriorityScheduler()
  readonly #estimator: RunningEstimator
  readonly #agents: SimulatedAgents
  readonly #strategy
  readonly #endings = new TinyQueue<Ending>([], (a, b) => a.atMs - b.atMs)
  readonly #runs: TaskRun[] = []
  #nowMs = 0
  #wakeAtMs = Number.POSITIVE_INFINITY

  constructor(simulation: DistributionSimulation) {
    const { strategy, agents, random } = simulation
    this.#simulation = simulation
    this.#agents = new SimulatedAgents(agents)
    this.#estimator = new RunningEstimator(() => setupSettingsOf(strategy))
    this.#strategy = createStrategy(strategy, {
      pool: this.#agents,
      random,
      estimator: this.#estimator,
      monotonic: () => this.#nowMs,
      callForBids: () => false,
      wake: () => {
        this.#wakeAtMs = this.#nowMs
      },
      wakeIn: (delayMs) => {
        this.#wakeAtMs = this.#nowMs + delayMs
        return () => {
          this.#wakeAtMs = Number.POSITIVE_INFINITY
        }
      },
    })
  }

  report(): DistributionReport {
    const { tasks, agents } = this.#simulation
    let next = 0
    for (;;) {
      const arrivalMs = tasks[next]?.arrivalMs ?? Number.POSITIVE_INFINITY
      const endingMs = this.#endings.peek()?.atMs ?? Number.POSITIVE_INFINITY
      const atMs = Math.min(arrivalMs, endingMs, this.#wakeAtMs)
      if (atMs === Number.POSITIVE_INFINITY) break
      this.#nowMs = atMs
      if (this.#wakeAtMs <= atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY
      while ((this.#endings.peek()?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) this.#end(this.#endings.pop())
      while ((tasks[next]?.arrivalMs ?? Number.POSITIVE_INFINITY) <= atMs) {
        this.#arrive(next, tasks[next])
        next += 1
      }
      this.#distribute()
    }
    this.#strategy.close?.()
    return reportOf(this.#runs, agents)
  }

  #arrive(index: number, task: WorkloadTask | undefined): void {
    if (task === undefined) return
    const { agingMs = 60_000 } = this.#simulation
    const now = this.#nowMs as EpochMs
    const priority = task.priority ?? 3
    const entry: ReadyEntry = {
      taskId: taskId(`t${String(index).padStart(8, '0')}`),
      readyCount: 1,
      rank: priorityRank(now, priority, agingMs),
      readyAt: now,
      type: task.type,
      priority,
      ...(task.affinityKey === undefined ? {} : { affinityKey: task.affinityKey }),
      capabilities: [],
      resources: {},
    }
    this.#scheduler.add(entry)
    this.#strategy.onReady?.(entry)
  }

  #distribute(): void {
    for (let plan = this.#plan(); plan.length > 0; plan = this.#plan()) {
      for (const planned of plan) this.#start(planned)
    }
  }

  #plan(): readonly PlannedAssignment[] {
    const free = this.#agents.freeSlots
    if (free === 0 || this.#scheduler.size === 0) return []
    const scheduler = this.#scheduler
    const agents = this.#agents
    let tasks: readonly ReadyEntry[] | undefined
    return this.#strategy.plan({
      now: this.#nowMs as EpochMs,
      random: this.#simulation.random,
      get tasks() {
        tasks ??= scheduler.first(free, () => true)
        return tasks
      },
      candidatesFor: () => agents.withRoom(),
      candidate: (agent) => agents.candidate(agent),
      mayStart: (entry) => scheduler.has(entry.taskId),
    })
  }

  #start({ entry, agentId: agent, reason }: PlannedAssignment): void {
    const task = this.#simulation.tasks[Number(entry.taskId.slice(1))]
    if (task === undefined || this.#scheduler.delete(entry.taskId) === undefined) return
    this.#strategy.onGone?.(entry.taskId)
    this.#estimator.started(agent, entry.taskId, entry)
    const { setupMs, runMs } = this.#agents.start(agent, task)
    const endMs = this.#nowMs + setupMs + runMs
    const isStolen = reason.startsWith('stolen')
    const run: TaskRun = {
      ...task,
      taskId: entry.taskId,
      agent,
      startMs: this.#nowMs,
      endMs,
      setupPaidMs: setupMs,
      isStolen,
    }
    this.#endings.push({ atMs: endMs, run })
  }

  #end(ending: Ending | undefined): void {
    if (ending === undefined) return
    const { run } = ending
    this.#runs.push(run)
    this.#agents.end(run.agent)
    const outcome = {
      taskId: run.taskId,
      type: run.type,
      agentId: run.agent,
      isCompleted: true,
      runMs: run.endMs - run.startMs,
    }
    this.#estimator.observe(outcome)
    this.#strategy.onOutcome?.(outcome)
  }
}
