import type { AgentId, TaskId } from '../../model/ids.ts'
import type { SetupSettings } from '../../model/strategy-settings.ts'
import type { TaskFacts, TaskOutcome, WorkEstimator } from '../work-estimator.ts'
import { RunningMean } from './running-mean.ts'

/** Task types and agents that are remembered; the one that was heard of least recently is forgotten. */
const KEYS_MAX = 10_000
/** Newest outcomes that count. */
const SPAN = 500
/** Outcomes that speak for speed 1 before an agent's own do. */
const PRIOR_COUNT = 5
/** Tasks of a type seen with and without set-up before the difference is believed. */
const SETUP_COUNT_MIN = 3

interface TypeStatistics {
  /** Of all tasks of the type: work at speed 1, set-up included where there was one. */
  readonly all: RunningMean
  readonly warm: RunningMean
  readonly cold: RunningMean
}

interface AgentStatistics {
  expectedMs: number
  actualMs: number
  readonly warmKeys: Set<string>
}

interface Start {
  readonly task: TaskFacts
  readonly isWarm: boolean
}

const NO_SETUP: SetupSettings = { setupKey: 'none', warmKeysMax: 1, setupMs: 0 }

/**
 * Means over the newest outcomes. The work of a type is its mean run time × the speed of the agents that did it; the
 * speed of an agent is the time its tasks were expected to take / the time they took. Set-up costs are the difference
 * between tasks for which the agent was set up and others of the same type.
 */
export class RunningEstimator implements WorkEstimator {
  readonly #setupSettings: () => SetupSettings
  readonly #types = new Map<string, TypeStatistics>()
  readonly #agents = new Map<AgentId, AgentStatistics>()
  readonly #overall = new RunningMean(SPAN)
  readonly #starts = new Map<TaskId, Start>()

  /** @param setupSettings read at each use, since a swarm's strategy can be changed */
  constructor(setupSettings: () => SetupSettings = () => NO_SETUP) {
    this.#setupSettings = setupSettings
  }

  get #setup(): SetupSettings {
    return this.#setupSettings()
  }

  workMs({ type }: TaskFacts): number | undefined {
    const statistics = this.#types.get(type ?? '')
    return statistics?.warm.value ?? statistics?.all.value ?? this.#overall.value
  }

  speedOf(agentId: AgentId): number {
    const agent = this.#agents.get(agentId)
    const prior = PRIOR_COUNT * (this.#overall.value ?? 0)
    if (agent === undefined || prior === 0) return 1
    return (prior + agent.expectedMs) / (prior + agent.actualMs)
  }

  setupMs(agentId: AgentId, task: TaskFacts, after?: TaskFacts): number {
    const key = this.#setupKey(task)
    if (key === undefined) return 0
    const isWarm =
      after === undefined ? this.#agents.get(agentId)?.warmKeys.has(key) : this.#setupKey(after) === key
    if (isWarm === true) return 0
    const { warm, cold } = this.#types.get(task.type ?? '') ?? {}
    if (warm?.value === undefined || cold?.value === undefined) return this.#setup.setupMs
    if (warm.count < SETUP_COUNT_MIN || cold.count < SETUP_COUNT_MIN) return this.#setup.setupMs
    return Math.max(0, cold.value - warm.value)
  }

  started(agentId: AgentId, taskId: TaskId, task: TaskFacts): void {
    const key = this.#setupKey(task)
    const { warmKeys } = this.#agent(agentId)
    const isWarm = key === undefined || warmKeys.has(key)
    touch(this.#starts, taskId, { task, isWarm })
    if (key === undefined) return
    warmKeys.delete(key)
    warmKeys.add(key)
    for (const oldest of warmKeys) {
      if (warmKeys.size <= this.#setup.warmKeysMax) break
      warmKeys.delete(oldest)
    }
  }

  observe({ taskId, type, agentId, isCompleted, runMs }: TaskOutcome): void {
    const start = this.#starts.get(taskId)
    this.#starts.delete(taskId)
    if (!isCompleted || !(runMs >= 0) || !Number.isFinite(runMs)) return
    const task = start?.task ?? { type }
    const isWarm = start?.isWarm ?? true
    const agent = this.#agent(agentId)
    const expectedMs = (this.workMs(task) ?? runMs) + (isWarm ? 0 : this.#learnedSetupMs(type))
    const workMs = runMs * this.speedOf(agentId)
    const keep = 1 - 1 / SPAN
    agent.expectedMs = agent.expectedMs * keep + expectedMs
    agent.actualMs = agent.actualMs * keep + runMs
    const statistics = this.#type(type)
    statistics.all.add(workMs)
    if (isWarm) statistics.warm.add(workMs)
    else statistics.cold.add(workMs)
    this.#overall.add(workMs)
  }

  #learnedSetupMs(type: string): number {
    const { warm, cold } = this.#types.get(type) ?? {}
    return Math.max(0, (cold?.value ?? 0) - (warm?.value ?? cold?.value ?? 0))
  }

  #setupKey(task: TaskFacts): string | undefined {
    return this.#setup.setupKey === 'none' ? undefined : task[this.#setup.setupKey]
  }

  #type(type: string): TypeStatistics {
    const known = this.#types.get(type) ?? {
      all: new RunningMean(SPAN),
      warm: new RunningMean(SPAN),
      cold: new RunningMean(SPAN),
    }
    touch(this.#types, type, known)
    return known
  }

  #agent(agentId: AgentId): AgentStatistics {
    const known = this.#agents.get(agentId) ?? { expectedMs: 0, actualMs: 0, warmKeys: new Set<string>() }
    touch(this.#agents, agentId, known)
    return known
  }
}

/** Puts the entry last, and drops the first of too many. */
function touch<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= KEYS_MAX) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
