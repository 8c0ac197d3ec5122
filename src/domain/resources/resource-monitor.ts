import type { Projection } from '../kernel/projection.ts'
import type { AgentRecord } from '../model/agent-record.ts'
import type { SwarmEvent } from '../model/events.ts'
import { type EventName, isOfArea } from '../model/events.ts'
import type { EpochMs, MonotonicMs } from '../model/ids.ts'
import type { TaskPhase } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import { DurationHistogram } from './duration-histogram.ts'
import type { MonitorReport, TaskTotals } from './monitor-report.ts'
import type { PriorityScheduler } from './priority-scheduler.ts'
import { noTotals, TaskTypeUsage } from './task-type-usage.ts'

/** An agent, as far as its use is concerned. */
export interface MonitoredAgent {
  readonly record: Pick<AgentRecord, 'status' | 'spec'>
  readonly breaker: { state(now: MonotonicMs): 'closed' | 'open' | 'half_open' }
  /** Tasks it holds. */
  readonly heldCount: number
}

export interface MonitoredTasks {
  readonly size: number
  phaseCounts(now: EpochMs): Partial<Record<TaskPhase, number>>
}

export interface ResourceMonitorModules {
  readonly clock: Clock
  readonly openTasks: MonitoredTasks
  readonly scheduler: PriorityScheduler
  readonly agents: () => Iterable<MonitoredAgent>
}

export interface ResourceMonitorOptions {
  /** Types of tasks counted apart. */
  readonly taskTypesMax: number
}

const OTHER_TYPES = 'other'

const TOTAL_BY_EVENT: { readonly [N in EventName]?: keyof TaskTotals } = {
  'task.submitted': 'submitted',
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.canceled': 'canceled',
  'task.rejected': 'rejected',
  'task.retrying': 'retried',
}

/** How the swarm fares: what it reads in the event log, and what the scheduler and the registry hold right now. */
export class ResourceMonitor implements Projection {
  readonly name = 'monitor'
  readonly #options: ResourceMonitorOptions
  readonly #modules: ResourceMonitorModules
  readonly #wait = new DurationHistogram()
  readonly #run = new DurationHistogram()
  readonly #totals = noTotals()
  readonly #types = new Map<string, TaskTypeUsage>()

  constructor(options: ResourceMonitorOptions, modules: ResourceMonitorModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Reads on in the log. */
  read(events: readonly SwarmEvent[]): void {
    for (const event of events) {
      if (!isOfArea(event, 'task')) continue
      const { type, data } = event
      const usage = this.#usageOf(data.taskType)
      const total = TOTAL_BY_EVENT[type]
      if (total !== undefined) this.#count(usage, total)
      if ('outcome' in data && data.outcome === 'expired') this.#count(usage, 'expired')
      if (type === 'task.assigned') {
        this.#wait.record(event.data.waitMs)
        usage.wait.record(event.data.waitMs)
      }
      if (type === 'task.completed') {
        this.#run.record(event.data.runMs)
        usage.run.record(event.data.runMs)
      }
    }
  }

  #count(usage: TaskTypeUsage, total: keyof TaskTotals): void {
    this.#totals[total] += 1
    usage.totals[total] += 1
  }

  /** @param name left out in events of earlier versions */
  #usageOf(name = OTHER_TYPES): TaskTypeUsage {
    const hasRoom = this.#types.has(name) || this.#types.size < this.#options.taskTypesMax
    const counted = hasRoom ? name : OTHER_TYPES
    const known = this.#types.get(counted)
    if (known !== undefined) return known
    const usage = new TaskTypeUsage()
    this.#types.set(counted, usage)
    return usage
  }

  /** Of the newest tasks of all types; undefined where none was completed. */
  meanRunMs(): number | undefined {
    const { count, meanMs } = this.#run.summary()
    return count === 0 ? undefined : meanMs
  }

  report(): MonitorReport {
    const { clock, openTasks, scheduler, agents } = this.#modules
    const at = clock.now()
    const monotonic = clock.monotonic()
    const counts = { online: 0, suspect: 0, offline: 0, draining: 0, breakersOpen: 0 }
    let slots = 0
    let slotsBusy = 0
    for (const agent of agents()) {
      counts[agent.record.status] += 1
      if (agent.breaker.state(monotonic) !== 'closed') counts.breakersOpen += 1
      if (agent.record.status === 'offline') continue
      slots += agent.record.spec.slots
      slotsBusy += agent.heldCount
    }
    const phases = openTasks.phaseCounts(at)
    return {
      at,
      tasks: phases,
      openTasks: openTasks.size,
      queueDepth: phases.queued ?? 0,
      oldestWaitMs: Math.max(0, at - (scheduler.oldestReadyAt() ?? at)),
      wait: this.#wait.summary(),
      run: this.#run.summary(),
      agents: counts,
      slots,
      slotsBusy,
      utilisation: slots === 0 ? 0 : Math.min(1, slotsBusy / slots),
      totals: { ...this.#totals },
      types: [...this.#types].map(([taskType, usage]) => usage.report(taskType)),
    }
  }
}
