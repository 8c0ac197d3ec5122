import type { TaskId } from '../../model/ids.ts'
import type { ResourceAmounts } from '../../model/task-record.ts'
import { dominantShareOf } from '../drf.ts'
import { StrideScheduler } from '../stride.ts'
import type { AdmissionFacts } from './admission-gate.ts'

/**
 * How keys share what there is: `stride` gives each key its part of the assignments, `drf` its part of what is held at
 * once, by the resource of which it holds most.
 */
export type FairnessPolicy = 'stride' | 'drf'

/** Whose turn it is while a plan is made; nothing of it lasts. */
export interface FairRound {
  /** The key with the smallest number is next. */
  dueAt(key: string): number
  /** The plan gives the key one more task. */
  charge(task: AdmissionFacts): void
}

export interface FairSharesModules {
  readonly policy: () => FairnessPolicy
  /** All that the agents of the swarm have, their slots under {@link SLOTS}. */
  readonly capacity: () => ResourceAmounts
}

/** One slot of an agent counts as a resource under this name, which no resource of a task can have. */
export const SLOTS = ' slots'

interface Holding {
  readonly key: string
  readonly amounts: ResourceAmounts
}

/**
 * Shares the swarm among fairness keys by weight. Tasks without a key share one part of weight 1. Never holds a task: it
 * only says whose turn it is.
 */
export class FairShares {
  readonly #modules: FairSharesModules
  readonly #stride = new StrideScheduler()
  readonly #holdings = new Map<TaskId, Holding>()
  readonly #held = new Map<string, Map<string, number>>()
  /** False while no task had a key: there is nothing to share. */
  #hasKeys = false

  constructor(modules: FairSharesModules) {
    this.#modules = modules
  }

  round(): FairRound {
    return this.#modules.policy() === 'drf' ? this.#drfRound() : this.#strideRound()
  }

  start(task: AdmissionFacts): void {
    this.#hasKeys ||= task.fairnessKey !== undefined
    if (!this.#hasKeys) return
    const key = keyOf(task)
    this.#stride.charge(key, weightOf(task))
    const amounts = amountsOf(task)
    this.#holdings.set(task.taskId, { key, amounts })
    this.#hold(key, amounts, 1)
  }

  cancel(taskId: TaskId): void {
    const holding = this.#holdings.get(taskId)
    if (holding !== undefined) this.#stride.refund(holding.key)
    this.end(taskId)
  }

  end(taskId: TaskId): void {
    const holding = this.#holdings.get(taskId)
    if (holding === undefined) return
    this.#holdings.delete(taskId)
    this.#hold(holding.key, holding.amounts, -1)
  }

  /** What `look` finds while the task holds nothing. `look` is called at once and changes nothing. */
  asIfEnded<T>(taskId: TaskId, look: () => T): T {
    const holding = this.#holdings.get(taskId)
    if (holding === undefined) return look()
    // Amounts are set back to what they were: adding what was subtracted need not give the same number.
    const held = new Map(this.#held.get(holding.key))
    this.end(taskId)
    try {
      return look()
    } finally {
      this.#holdings.set(taskId, holding)
      this.#held.set(holding.key, held)
    }
  }

  #hold(key: string, amounts: ResourceAmounts, sign: 1 | -1): void {
    const held = this.#held.get(key) ?? new Map<string, number>()
    for (const [name, amount] of Object.entries(amounts)) {
      const left = (held.get(name) ?? 0) + sign * amount
      if (left > 0) held.set(name, left)
      else held.delete(name)
    }
    if (held.size === 0) this.#held.delete(key)
    else this.#held.set(key, held)
  }

  #strideRound(): FairRound {
    const passes = new Map<string, number>()
    const dueAt = (key: string): number => passes.get(key) ?? this.#stride.dueAt(key)
    return {
      dueAt,
      charge: (task) => {
        const key = keyOf(task)
        passes.set(key, dueAt(key) + 1 / weightOf(task))
      },
    }
  }

  /** The discrete form of DRF: the next task goes to the user with the smallest dominant share (Ghodsi, Algorithm 1). */
  #drfRound(): FairRound {
    const capacity = this.#modules.capacity()
    const planned = new Map<string, Map<string, number>>()
    const weights = new Map<string, number>()
    return {
      dueAt: (key) => {
        const held = planned.get(key) ?? this.#held.get(key)
        if (held === undefined) return 0
        return dominantShareOf(Object.fromEntries(held), capacity) / (weights.get(key) ?? 1)
      },
      charge: (task) => {
        const key = keyOf(task)
        const held = planned.get(key) ?? new Map(this.#held.get(key))
        for (const [name, amount] of Object.entries(amountsOf(task)))
          held.set(name, (held.get(name) ?? 0) + amount)
        planned.set(key, held)
        weights.set(key, weightOf(task))
      },
    }
  }
}

export const keyOf = ({ fairnessKey }: AdmissionFacts): string => fairnessKey ?? ''
const weightOf = ({ fairnessWeight }: AdmissionFacts): number => fairnessWeight ?? 1
const amountsOf = ({ resources }: AdmissionFacts): ResourceAmounts => ({ ...resources, [SLOTS]: 1 })
