import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import {
  agentName,
  exponential,
  type PatternStream,
  pickWeighted,
  Sequence,
  type StreamShift,
  type StreamStep,
} from './pattern-stream.ts'

const BOUNCED_SHARE = 0.05

/** 5 % of the tasks are handed on 6 to 12 times: between one pair with the effect, between random agents without. */
export class BounceStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #agents: number
  readonly #sequence = new Sequence()
  readonly pair: readonly [string, string]
  readonly #pairNumbers: readonly [number, number]
  #now = 0
  #tasks = 0

  constructor(random: SeededRandom, { agents }: StreamShift) {
    this.#random = random
    this.#agents = agents
    const first = random.integer(agents)
    this.#pairNumbers = [first, this.#other(first)]
    this.pair = [agentName(this.#pairNumbers[0]), agentName(this.#pairNumbers[1])]
  }

  step(hasEffect: boolean): StreamStep {
    this.#tasks += 1
    const observations: Observation[] = []
    const isBounced = this.#random.next() < BOUNCED_SHARE
    let holder =
      isBounced && hasEffect ? this.#random.pick(this.#pairNumbers) : this.#random.integer(this.#agents)
    this.#assign(observations, holder)
    const hops = isBounced ? 6 + this.#random.integer(7) : 0
    for (let hop = 0; hop < hops; hop++) {
      this.#end(observations, holder, 'returned')
      holder = hasEffect ? this.#partner(holder) : this.#other(holder)
      this.#assign(observations, holder)
    }
    this.#end(observations, holder, 'completed')
    return { observations, units: 1 }
  }

  #partner(holder: number): number {
    return holder === this.#pairNumbers[0] ? this.#pairNumbers[1] : this.#pairNumbers[0]
  }

  #other(holder: number): number {
    return (holder + 1 + this.#random.integer(this.#agents - 1)) % this.#agents
  }

  #base(holder: number) {
    this.#now += 100
    return {
      sequence: this.#sequence.next(),
      at: this.#now,
      taskId: `task-${this.#tasks}`,
      agentId: agentName(holder),
    }
  }

  #assign(observations: Observation[], holder: number): void {
    observations.push({ kind: 'assigned', taskType: 'work', ...this.#base(holder) })
  }

  #end(observations: Observation[], holder: number, outcome: 'returned' | 'completed'): void {
    observations.push({ kind: 'ended', outcome, ...this.#base(holder) })
  }
}

const TYPE_SHARES = [0.4, 0.3, 0.2, 0.1]
const OWN_TYPE_SHARE = 0.35

/** Types .4 .3 .2 .1 over uneven agents; with the effect 35 % of the tasks have the agent's own type. */
export class SpecialistStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #weights: readonly number[]
  readonly #sequence = new Sequence()

  constructor(random: SeededRandom, { agents }: StreamShift) {
    this.#random = random
    this.#weights = Array.from({ length: agents }, () => 0.3 + random.next())
  }

  step(hasEffect: boolean): StreamStep {
    const agent = pickWeighted(this.#random, this.#weights)
    const isOwn = hasEffect && this.#random.next() < OWN_TYPE_SHARE
    const type = isOwn ? agent % TYPE_SHARES.length : pickWeighted(this.#random, TYPE_SHARES)
    const sequence = this.#sequence.next()
    const assigned = {
      kind: 'assigned',
      sequence,
      at: sequence * 100,
      taskId: `task-${sequence}`,
      taskType: `type-${type}`,
      agentId: agentName(agent),
    } as const
    return { observations: [assigned], units: 1 }
  }
}

const FAILURES_PER_S = 0.2
const BRANCHING = 0.85
const DECAY_S = 2
const SWELL = 0.5
const SWELL_S = 1_000

/**
 * Failures of random agents. With the effect a Hawkes process (branching .85, exponential decay 2 s); without it a
 * Poisson process of the same mean rate that swells by ± 50 % with a period of 1 000 s. One step is one second.
 */
export class FailureStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #agents: number
  readonly #rate: number
  readonly #sequence = new Sequence()
  readonly #openUntil = new Map<string, number>()
  #now = 0
  /** Failures that are still to come, each caused by an earlier one. */
  #offspring: number[] = []

  constructor(random: SeededRandom, { agents, rate }: StreamShift) {
    this.#random = random
    this.#agents = agents
    this.#rate = FAILURES_PER_S * rate
  }

  step(hasEffect: boolean): StreamStep {
    const until = this.#now + 1
    const swell = 1 + SWELL * Math.sin((2 * Math.PI * this.#now) / SWELL_S)
    const rate = hasEffect ? this.#rate * (1 - BRANCHING) : this.#rate * swell
    const times = this.#offspring.filter((time) => time < until)
    this.#offspring = this.#offspring.filter((time) => time >= until)
    for (let time = this.#now + exponential(this.#random, 1 / rate); time < until; ) {
      times.push(time)
      time += exponential(this.#random, 1 / rate)
    }
    const observations: Observation[] = []
    // In order of time: a failure that an open breaker prevents causes no others.
    for (let next = earliest(times); next !== undefined; next = earliest(times)) {
      const failure = this.#failure(next)
      if (failure === undefined) continue
      observations.push(failure)
      if (hasEffect) this.#spawn(next, until, times)
    }
    this.#now = until
    return { observations, units: 1 }
  }

  #spawn(cause: number, until: number, times: number[]): void {
    const floor = Math.exp(-BRANCHING)
    // A Poisson number of offspring (Knuth), each after an exponential delay.
    for (let product = this.#random.next(); product > floor; product *= this.#random.next()) {
      const time = cause + exponential(this.#random, DECAY_S)
      if (time < until) times.push(time)
      else this.#offspring.push(time)
    }
  }

  get now(): number {
    return this.#now * 1_000
  }

  /** The response of the swarm: these agents get no work for this long, in milliseconds. */
  openBreakers(agentIds: readonly string[], cooldownMs: number): void {
    for (const agentId of agentIds) this.#openUntil.set(agentId, this.#now + cooldownMs / 1_000)
  }

  #failure(time: number): Observation | undefined {
    const agentId = agentName(this.#random.integer(this.#agents))
    if ((this.#openUntil.get(agentId) ?? 0) > time) return undefined
    const sequence = this.#sequence.next()
    return {
      kind: 'ended',
      outcome: 'failed',
      sequence,
      at: time * 1_000,
      taskId: `task-${sequence}`,
      agentId,
    }
  }
}

/** Takes the smallest out of the list. */
function earliest(times: number[]): number | undefined {
  if (times.length === 0) return undefined
  const index = times.reduce((best, time, at) => (time < (times[best] ?? time) ? at : best), 0)
  return times.splice(index, 1)[0]
}
