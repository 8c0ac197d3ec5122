import { drawRate } from '#domain/intelligence/learning/estimates/beta-posterior.ts'
import { AgentTrails, type AgentTrailsSettings } from '#domain/intelligence/trails/agent-trails.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'

const AGENTS = 20
const KINDS = 8
const IDS: readonly AgentId[] = Array.from({ length: AGENTS }, (_, index) => agentId(`agent-${index}`))

export interface Rule {
  choose(kind: number, free: readonly number[]): number
  learn(kind: number, agent: number, hasSucceeded: boolean): void
}

export interface SpecialistsRun {
  readonly success: number
  /** Success of the last fifth of each phase. */
  readonly phaseEnds: readonly number[]
  /** What the best free agents would have achieved on average. */
  readonly oracle: number
  /** Tasks of each agent. */
  readonly shares: readonly number[]
}

export interface SpecialistsOptions {
  readonly rounds: number
  /** Rate of every agent at every kind; left out where two hidden agents of each kind are specialists. */
  readonly nullRate?: number
}

/** Four tasks a round for at most one agent each; half way the specialists are drawn anew. */
export function runSpecialists(
  options: SpecialistsOptions,
  rule: Rule,
  random: SeededRandom,
): SpecialistsRun {
  const { rounds } = options
  const worlds = [worldOf(options, random), worldOf(options, random)]
  const outcomes: boolean[] = []
  const shares = IDS.map(() => 0)
  let oracle = 0
  for (let round = 0; round < rounds; round += 1) {
    const world = worlds[round < rounds / 2 ? 0 : 1] ?? []
    const free = IDS.map((_, index) => index)
    const best = IDS.map((_, index) => index)
    for (let task = 0; task < 4; task += 1) {
      const kind = random.integer(KINDS)
      const rateOf = (agent: number): number => world[kind]?.[agent] ?? Number.NaN
      const ideal = best.toSorted((a, b) => rateOf(b) - rateOf(a))[0] ?? 0
      best.splice(best.indexOf(ideal), 1)
      oracle += rateOf(ideal)
      const agent = rule.choose(kind, free)
      free.splice(free.indexOf(agent), 1)
      shares[agent] = (shares[agent] ?? 0) + 1
      const hasSucceeded = random.next() < rateOf(agent)
      rule.learn(kind, agent, hasSucceeded)
      outcomes.push(hasSucceeded)
    }
  }
  const fifth = outcomes.length / 10
  const phaseEnds = [1, 2].map((phase) =>
    rateOf(outcomes.slice(phase * 5 * fifth - fifth, phase * 5 * fifth)),
  )
  return { success: rateOf(outcomes), phaseEnds, oracle: oracle / outcomes.length, shares }
}

export function trailRule(settings: AgentTrailsSettings, random: SeededRandom): Rule {
  const trails = new AgentTrails(() => settings)
  return {
    choose: (kind, free) => {
      const agents = free.map((index) => ({ index, agentId: IDS[index] ?? agentId('none') }))
      return trails.draw(`kind-${kind}`, agents, random)?.index ?? 0
    },
    learn: (kind, agent, hasSucceeded) =>
      trails.record({ type: `kind-${kind}`, agentId: IDS[agent] ?? agentId('none'), hasSucceeded }),
  }
}

export function randomRule(random: SeededRandom): Rule {
  return { choose: (_, free) => random.pick(free), learn: () => undefined }
}

/** Thompson sampling for each pair of kind and agent; `kept` is what an outcome leaves of the earlier ones of its kind. */
export function thompsonRule(kept: number, random: SeededRandom): Rule {
  const tallies = Array.from({ length: KINDS }, () => IDS.map(() => ({ alpha: 0, beta: 0 })))
  return {
    choose: (kind, free) => {
      const draws = free.map((agent) => {
        const { alpha = 0, beta = 0 } = tallies[kind]?.[agent] ?? {}
        return { agent, rate: drawRate({ alpha: alpha + 1, beta: beta + 1 }, random) }
      })
      return draws.toSorted((a, b) => b.rate - a.rate)[0]?.agent ?? 0
    },
    learn: (kind, agent, hasSucceeded) => {
      for (const tally of tallies[kind] ?? []) {
        tally.alpha *= kept
        tally.beta *= kept
      }
      const tally = tallies[kind]?.[agent]
      if (tally !== undefined) tally[hasSucceeded ? 'alpha' : 'beta'] += 1
    },
  }
}

function worldOf({ nullRate }: SpecialistsOptions, random: SeededRandom): number[][] {
  return Array.from({ length: KINDS }, () => {
    const rates = IDS.map(() => nullRate ?? 0.3 + 0.3 * random.next())
    if (nullRate !== undefined) return rates
    const first = random.integer(AGENTS)
    const second = (first + 1 + random.integer(AGENTS - 1)) % AGENTS
    return rates.map((rate, agent) => (agent === first || agent === second ? 0.9 : rate))
  })
}

function rateOf(outcomes: readonly boolean[]): number {
  return outcomes.filter(Boolean).length / outcomes.length
}
