import type { AgentId } from '../../model/ids.ts'
import type { FlockRow } from './flock-row.ts'
import { RecentMap } from './recent-map.ts'

/** Successes and attempts that count; both fade with further attempts of the same pair. */
export interface Tally {
  readonly successes: number
  readonly attempts: number
}

export const NO_TALLY: Tally = { successes: 0, attempts: 0 }

/** What an agent can do, by kind. */
export type SkillVector = ReadonlyMap<string, Tally>

const KINDS_MAX = 1_000
const KINDS_PER_AGENT_MAX = 200
/** What is kept of a pair with each of its attempts: it counts for at most 100. */
const PAIR_KEPT = 0.99
const KIND_KEPT = 0.999
const NO_SKILLS: SkillVector = new Map()

/** Who succeeded at what, as vectors over the kinds of work. */
export class Skills {
  readonly #agents = new Map<AgentId, RecentMap<string, Tally>>()
  readonly #kinds = new RecentMap<string, Tally>(KINDS_MAX)
  #all: Tally = NO_TALLY

  /** Adds an outcome and returns by how much the tally of the pair changed. */
  record(agentId: AgentId, kind: string, hasSucceeded: boolean): Tally {
    const vector = this.#agents.get(agentId) ?? new RecentMap<string, Tally>(KINDS_PER_AGENT_MAX)
    const before = vector.get(kind) ?? NO_TALLY
    const after = counted(before, hasSucceeded, PAIR_KEPT)
    vector.set(kind, after)
    this.#agents.set(agentId, vector)
    this.#kinds.set(kind, counted(this.#kinds.get(kind) ?? NO_TALLY, hasSucceeded, KIND_KEPT))
    this.#all = counted(this.#all, hasSucceeded, KIND_KEPT)
    return { successes: after.successes - before.successes, attempts: after.attempts - before.attempts }
  }

  of(agentId: AgentId): SkillVector {
    return this.#agents.get(agentId) ?? NO_SKILLS
  }

  *rows(): Generator<FlockRow> {
    for (const [agentId, vector] of this.#agents)
      for (const [kind, { successes, attempts }] of vector)
        yield ['skill', agentId, kind, successes, attempts]
    for (const [kind, { successes, attempts }] of this.#kinds) yield ['kind', kind, successes, attempts]
    yield ['all', this.#all.successes, this.#all.attempts]
  }

  restore(row: FlockRow): void {
    if (row[0] === 'skill') {
      const vector = this.#agents.get(row[1]) ?? new RecentMap<string, Tally>(KINDS_PER_AGENT_MAX)
      this.#agents.set(row[1], vector.set(row[2], { successes: row[3], attempts: row[4] }))
    } else if (row[0] === 'kind') this.#kinds.set(row[1], { successes: row[2], attempts: row[3] })
    else if (row[0] === 'all') this.#all = { successes: row[1], attempts: row[2] }
  }

  forget(agentId: AgentId): void {
    this.#agents.delete(agentId)
  }

  /** Success rate of a kind over all agents, drawn towards that of all kinds while little is known; 1 at first. */
  rate(kind: string): number {
    const { successes, attempts } = this.#kinds.get(kind) ?? NO_TALLY
    return (successes + 2 * this.rateOfAll) / (attempts + 2)
  }

  get rateOfAll(): number {
    const { successes, attempts } = this.#all
    return attempts === 0 ? 1 : successes / attempts
  }

  /** How much outcomes differ, 0 (all alike) to 1 (every second one fails). */
  get spread(): number {
    return 2 * Math.sqrt(this.rateOfAll * (1 - this.rateOfAll))
  }
}

function counted({ successes, attempts }: Tally, hasSucceeded: boolean, kept: number): Tally {
  return { successes: successes * kept + (hasSucceeded ? 1 : 0), attempts: attempts * kept + 1 }
}
