import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import {
  agentName,
  type PatternStream,
  Sequence,
  type StreamShift,
  type StreamStep,
} from './pattern-stream.ts'

const CHAIN_MAX = 6
const CYCLE_CHANCE = 0.1

interface Wait {
  readonly taskId: string
  readonly agent: number
  readonly waitsFor: number
}

/**
 * Agents wait for others and stop waiting. Without the effect an agent waits only for agents with a higher number, in
 * chains of at most 6; with it, now and then, 2 to 5 agents that are free close a circle.
 */
export class WaitStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #agents: number
  readonly #sequence = new Sequence()
  /** Members of the planted cycle, and the number of the event that closed it. */
  readonly cycles: { readonly members: readonly string[]; readonly closedBy: number }[] = []
  #waits: Wait[] = []
  #tasks = 0

  constructor(random: SeededRandom, { agents }: StreamShift) {
    this.#random = random
    this.#agents = agents
  }

  step(hasEffect: boolean): StreamStep {
    const cycle = hasEffect && this.#random.next() < CYCLE_CHANCE ? this.#plantCycle() : []
    const observations = cycle.length > 0 ? cycle : [this.#ordinary()]
    return { observations, units: observations.length }
  }

  #ordinary(): Observation {
    const isEnd = this.#waits.length > 0 && this.#random.next() < 0.4
    if (!isEnd) {
      const wait = this.#orderedWait()
      if (wait !== undefined) return this.#begin(wait.agent, wait.waitsFor)
    }
    const ended = this.#waits.splice(this.#random.integer(this.#waits.length), 1)[0]
    return this.#observe(ended?.agent ?? 0, ended?.taskId ?? 'none', [])
  }

  #orderedWait(): { agent: number; waitsFor: number } | undefined {
    const agent = this.#random.integer(this.#agents - 1)
    const waitsFor = agent + 1 + this.#random.integer(this.#agents - 1 - agent)
    const isLong = this.#depth(agent, 'up') + this.#depth(waitsFor, 'down') + 2 > CHAIN_MAX
    return this.#waits.some((wait) => wait.agent === agent) || isLong ? undefined : { agent, waitsFor }
  }

  /** Longest chain of waits from the agent on, or up to it. */
  #depth(agent: number, direction: 'up' | 'down'): number {
    const next = this.#waits
      .filter((wait) => (direction === 'down' ? wait.agent : wait.waitsFor) === agent)
      .map((wait) => (direction === 'down' ? wait.waitsFor : wait.agent))
    return next.length === 0 ? 0 : 1 + Math.max(...next.map((other) => this.#depth(other, direction)))
  }

  #plantCycle(): Observation[] {
    const free = Array.from({ length: this.#agents }, (_, agent) => agent).filter((agent) =>
      this.#waits.every((wait) => wait.agent !== agent && wait.waitsFor !== agent),
    )
    const size = 2 + this.#random.integer(4)
    if (free.length < size) return []
    const members = Array.from(
      { length: size },
      () => free.splice(this.#random.integer(free.length), 1)[0] ?? 0,
    )
    const kept = [...this.#waits]
    const closing = members.map((agent, index) => this.#begin(agent, members[(index + 1) % size] ?? 0))
    this.cycles.push({ members: members.map(agentName), closedBy: closing.at(-1)?.sequence ?? 0 })
    // The cycle is broken right after, so that the next one stands alone.
    const broken = this.#waits.slice(kept.length).map(({ agent, taskId }) => this.#observe(agent, taskId, []))
    this.#waits = kept
    return [...closing, ...broken]
  }

  #begin(agent: number, waitsFor: number): Observation {
    this.#tasks += 1
    const taskId = `task-${this.#tasks}`
    this.#waits.push({ taskId, agent, waitsFor })
    return this.#observe(agent, taskId, [agentName(waitsFor)])
  }

  #observe(agent: number, taskId: string, waitsFor: readonly string[]): Observation {
    const sequence = this.#sequence.next()
    return { kind: 'waits', sequence, at: sequence * 1_000, taskId, agentId: agentName(agent), waitsFor }
  }
}

const PERIOD_S = 10
const PERIOD_SPREAD = 0.05
const COUPLING = 0.12
const STEP_S = 0.1

/** Kuramoto oscillators, period 10 s ± 5 %; coupling .12 a second with the effect, 0 without. One step is 0.1 s. */
export class OscillatorStream implements PatternStream {
  readonly #speeds: readonly number[]
  readonly #sequence = new Sequence()
  readonly #restsUntil = new Map<string, number>()
  #phases: number[]
  #now = 0

  constructor(random: SeededRandom, { agents, rate, periodSpread = PERIOD_SPREAD }: StreamShift) {
    this.#speeds = Array.from({ length: agents }, () => {
      return (2 * Math.PI * rate) / (PERIOD_S * (1 + periodSpread * (2 * random.next() - 1)))
    })
    this.#phases = this.#speeds.map(() => 2 * Math.PI * random.next())
  }

  get now(): number {
    return this.#now * 1_000
  }

  /** All agents begin their rounds at this moment, as after a restart. */
  align(): void {
    this.#phases = this.#phases.map(() => 0)
  }

  /** The response of the swarm: the agent does not go on for this long, in milliseconds. */
  rest(agentId: string, durationMs: number): void {
    this.#restsUntil.set(agentId, this.#now + durationMs / 1_000)
  }

  step(hasEffect: boolean): StreamStep {
    const mean = (of: (phase: number) => number) =>
      this.#phases.reduce((sum, phase) => sum + of(phase), 0) / this.#phases.length
    const [x, y] = hasEffect ? [mean(Math.cos), mean(Math.sin)] : [0, 0]
    const observations: Observation[] = []
    this.#now += STEP_S
    for (const [agent, speed] of this.#speeds.entries()) {
      if ((this.#restsUntil.get(agentName(agent)) ?? 0) > this.#now) continue
      const phase = this.#phases[agent] ?? 0
      const pull = hasEffect ? COUPLING * (y * Math.cos(phase) - x * Math.sin(phase)) : 0
      this.#phases[agent] = phase + (speed + pull) * STEP_S
      if (Math.floor((this.#phases[agent] ?? 0) / (2 * Math.PI)) > Math.floor(phase / (2 * Math.PI))) {
        const sequence = this.#sequence.next()
        const end = { taskId: `task-${sequence}`, agentId: agentName(agent), outcome: 'completed' } as const
        observations.push({ kind: 'ended', sequence, at: this.#now * 1_000, ...end })
      }
    }
    return { observations, units: STEP_S }
  }
}
