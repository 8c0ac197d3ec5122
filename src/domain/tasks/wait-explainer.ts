import type { AgentRegistry } from '../agents/agent-registry.ts'
import { allRecords } from '../kernel/all-records.ts'
import { REMOVED_AGENT_RECORDS, type RemovedAgentRecord } from '../model/agent-record.ts'
import { SwarmError } from '../model/errors.ts'
import type { EpochMs, Scope, TaskId } from '../model/ids.ts'
import { isTerminal, phaseAt, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { PriorityScheduler } from '../resources/priority-scheduler.ts'
import { type Requirement, requirementOf } from '../resources/requirement.ts'
import { agentReasons } from './agents-reason.ts'
import { holdReason } from './hold-reason.ts'
import { type RankOf, readyEntryOf } from './task-machine.ts'
import { taskKey } from './task-writer.ts'
import { NAMED_MAX, type WaitReason, type WaitSummary } from './wait-reason.ts'

export interface WaitExplainerModules {
  readonly store: SwarmStore
  readonly registry: AgentRegistry
  readonly scheduler: PriorityScheduler
  readonly admission: AdmissionControl
  readonly clock: Clock
  readonly rankOf: RankOf
  /** Undefined where no task has run yet. */
  meanRunMs(): number | undefined
}

/** Removed agents looked at. */
const REMOVED_MAX = 5_000
/** Kinds of waiting tasks that a summary looks at. */
const KINDS_MAX = 500

/** Says why a task does not run, and what would help. */
export class WaitExplainer {
  readonly #scope: Scope
  readonly #modules: WaitExplainerModules

  constructor(scope: Scope, modules: WaitExplainerModules) {
    this.#scope = scope
    this.#modules = modules
  }

  /** Empty for a task that an agent holds or that is over. @throws SwarmError `task_not_found` */
  async explain(taskId: TaskId): Promise<readonly WaitReason[]> {
    const { store, clock } = this.#modules
    const stored = await store.get(this.#scope, taskKey(taskId))
    if (stored === undefined) throw new SwarmError('task_not_found', { taskId })
    const task = stored.value
    if (task.lease !== undefined || isTerminal(task.status)) return []
    const phase = phaseAt(task, clock.now())
    if (phase === 'blocked') return [await this.#dependencyReason(task)]
    if (phase === 'delayed' || phase === 'retrying') return [timeReason(phase, task)]
    const { scheduler, rankOf } = this.#modules
    const entry = scheduler.find(taskId) ?? readyEntryOf(task, rankOf)
    return entry === undefined ? [] : this.#readyReasons(entry, await this.#removedAgents(entry))
  }

  /** Why ready tasks wait, most tasks first; tasks that only wait for their turn are left out. */
  summary(): readonly WaitSummary[] {
    const byMessage = new Map<string, WaitSummary>()
    for (const { entry, count } of this.#modules.scheduler.kinds(KINDS_MAX)) {
      const reasons = this.#readyReasons(entry, [])
      // It waits for nothing but its turn.
      if (reasons.some(({ code }) => code === 'in_line')) continue
      for (const { code, message } of reasons) {
        const known = byMessage.get(message)
        byMessage.set(message, { code, message, taskCount: (known?.taskCount ?? 0) + count })
      }
    }
    return [...byMessage.values()].toSorted((a, b) => b.taskCount - a.taskCount)
  }

  #readyReasons(entry: ReadyEntry, removed: readonly RemovedAgentRecord[]): readonly WaitReason[] {
    const { admission, registry, clock } = this.#modules
    const holds = admission.holdsOf(entry).map((hold) => holdReason(hold, clock.now()))
    const requirement = requirementOf(entry.capabilities, entry.resources)
    const agents = agentReasons(requirement, [...registry.agents], removed, clock.monotonic())
    const reasons = [...holds, ...agents]
    const isOnlyBusy = reasons.every(({ code }) => code === 'agents_busy')
    return isOnlyBusy ? [...reasons, this.#lineReason(entry, requirement)] : reasons
  }

  #lineReason(entry: ReadyEntry, requirement: Requirement): WaitReason {
    const { scheduler, registry, meanRunMs } = this.#modules
    const position = scheduler.countBefore(entry) + 1
    let slots = 0
    for (const agent of registry.agents) if (agent.isCapableOf(requirement)) slots += agent.record.spec.slots
    const meanMs = meanRunMs()
    const estimatedWaitMs =
      meanMs === undefined || slots === 0 ? undefined : Math.round((position * meanMs) / slots)
    return {
      code: 'in_line',
      changedBy: 'agents',
      message: `number ${position} in line for ${slots} slots`,
      position,
      ...(estimatedWaitMs === undefined ? {} : { estimatedWaitMs }),
    }
  }

  async #dependencyReason({ spec }: TaskRecord): Promise<WaitReason> {
    const found = await this.#modules.store.getMany(this.#scope, spec.dependsOn.map(taskKey))
    const open = spec.dependsOn.filter((_, index) => {
      const status = found[index]?.value.status
      return status !== undefined && !isTerminal(status)
    })
    return {
      code: 'dependency',
      changedBy: 'agents',
      message: `it depends on ${open.length} of ${spec.dependsOn.length} tasks that are not over`,
      waitingFor: open.slice(0, NAMED_MAX),
    }
  }

  /** Who had what nobody has any more; asked for only where nobody has it. */
  async #removedAgents({ capabilities }: ReadyEntry): Promise<readonly RemovedAgentRecord[]> {
    const { store, registry } = this.#modules
    const isThere = [...registry.agents].some(({ record }) =>
      capabilities.every((name) => record.spec.capabilities.some((capability) => capability.name === name)),
    )
    if (isThere) return []
    const removed: RemovedAgentRecord[] = []
    for await (const { value } of allRecords(store, this.#scope, REMOVED_AGENT_RECORDS)) {
      removed.push(value)
      if (removed.length === REMOVED_MAX) break
    }
    return removed
  }
}

function timeReason(phase: 'delayed' | 'retrying', { readyAt, failure }: TaskRecord): WaitReason {
  const until: { readonly until?: EpochMs } = readyAt === undefined ? {} : { until: readyAt }
  const message =
    phase === 'delayed'
      ? 'its time has not come'
      : `the next attempt follows after: ${failure?.message ?? 'a failure'}`
  return { code: phase, changedBy: 'time', message, ...until }
}
