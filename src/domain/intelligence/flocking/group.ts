import type { AgentId } from '../../model/ids.ts'
import { NO_TALLY, type SkillVector, type Tally } from './skills.ts'

/** What a member brings into its group. */
export interface Position {
  /** Kinds of work that the agent is prepared for. */
  readonly prepared: readonly string[]
  readonly skills: SkillVector
}

/** Agents that fly together, and the sums over them that an agent compares itself with. */
export class Group {
  readonly name: string
  readonly #members = new Set<AgentId>()
  readonly #prepared = new Map<string, number>()
  readonly #skills = new Map<string, Tally>()

  constructor(name: string) {
    this.name = name
  }

  get members(): ReadonlySet<AgentId> {
    return this.#members
  }

  /** Members that are prepared for each kind. */
  get prepared(): ReadonlyMap<string, number> {
    return this.#prepared
  }

  /** Sum of the members' skills: the centre of the group, times its size. */
  get skills(): SkillVector {
    return this.#skills
  }

  add(agentId: AgentId, position: Position): void {
    this.#members.add(agentId)
    for (const kind of position.prepared) this.countPrepared(kind, 1)
    for (const [kind, tally] of position.skills) this.countSkill(kind, tally)
  }

  remove(agentId: AgentId, position: Position): void {
    this.#members.delete(agentId)
    for (const kind of position.prepared) this.countPrepared(kind, -1)
    for (const [kind, { successes, attempts }] of position.skills)
      this.countSkill(kind, { successes: -successes, attempts: -attempts })
  }

  countPrepared(kind: string, by: number): void {
    const count = (this.#prepared.get(kind) ?? 0) + by
    if (count > 0) this.#prepared.set(kind, count)
    else this.#prepared.delete(kind)
  }

  countSkill(kind: string, by: Tally): void {
    const { successes, attempts } = this.#skills.get(kind) ?? NO_TALLY
    const sum = { successes: successes + by.successes, attempts: attempts + by.attempts }
    // Rounding leaves a trace of what was taken away again.
    if (sum.attempts > 1e-9) this.#skills.set(kind, sum)
    else this.#skills.delete(kind)
  }

  /** The group as one of its members, or an agent outside, sees it: without the agent itself. */
  seenBy(agentId: AgentId, own: Position): Neighbours {
    if (!this.#members.has(agentId))
      return { size: this.#members.size, prepared: this.#prepared, skills: this.#skills }
    const prepared = new Map(this.#prepared)
    for (const kind of own.prepared) prepared.set(kind, (prepared.get(kind) ?? 0) - 1)
    const skills = new Map(this.#skills)
    for (const [kind, { successes, attempts }] of own.skills) {
      const sum = skills.get(kind) ?? NO_TALLY
      skills.set(kind, {
        successes: sum.successes - successes,
        attempts: Math.max(0, sum.attempts - attempts),
      })
    }
    return { size: this.#members.size - 1, prepared, skills }
  }
}

/** Agents that one agent compares itself with, in sums. */
export interface Neighbours {
  readonly size: number
  /** How many are prepared for each kind. */
  readonly prepared: ReadonlyMap<string, number>
  readonly skills: SkillVector
}
