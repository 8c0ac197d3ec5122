import type { AgentId } from '../../model/ids.ts'
import type { Random } from '../../ports/random.ts'
import { drawRate } from '../learning/estimates/beta-posterior.ts'
import { alignment } from './alignment.ts'
import { Demand } from './demand.ts'
import type { FlockRow } from './flock-row.ts'
import { FLOCK_DEFAULTS, type FlockSettings } from './flock-settings.ts'
import type { Position } from './group.ts'
import type { GroupChange } from './group-change.ts'
import { Grouping } from './grouping.ts'
import { NO_TALLY, Skills, type Tally } from './skills.ts'
import { WorkCosts } from './work-costs.ts'

/** Attempts that the rate of a kind counts for in the estimate of one agent. */
const PRIOR_WEIGHT = 2
/** Attempts of companions that count at most in the estimate of one agent. */
const COMPANIONS_WEIGHT_MAX = 20
/** Outcomes of an agent between two comparisons with all groups. */
const COMPARE_EVERY = 5
/** Kinds that an agent can be prepared for. */
export const PREPARED_MAX = 64

export interface FlockOutcome {
  readonly agentId: AgentId
  readonly kind: string
  readonly hasSucceeded: boolean
  readonly durationMs: number
  /** Whether the agent was prepared when it began, as {@link Flock.began} said. */
  readonly wasPrepared: boolean
}

export interface FlockStart {
  readonly agentId: AgentId
  readonly kind: string
  /** Tasks that the agent runs at a time. */
  readonly slots: number
}

export interface FlockModules {
  onChange(change: GroupChange): void
}

/** What the flock knows of one agent beside its skills. */
interface Member {
  prepared: readonly string[]
  /** Whether the agent itself says what it is prepared for. */
  doesReport: boolean
  /** Kinds that it is prepared for at a time, as far as is known. */
  capacity: number
  /** How surely it goes the way of its group, 0 to 1. */
  aligned: number
  outcomes: number
}

/**
 * What a swarm knows of its agents as a flock: where each stands (what it is prepared for, what it can do), who flies
 * with whom, what work and set-up cost, and what is asked for. The rules are those of C. Reynolds, "Flocks, Herds, and
 * Schools" (1987), over vectors of work in place of space:
 *
 * - cohesion: an agent keeps to the kind of work that it is prepared for; to leave it costs a set-up.
 * - separation: an agent leaves a kind that many are prepared for rather than one that would be missed.
 * - alignment: agents of one group take over each other's estimates.
 */
export class Flock {
  readonly #skills = new Skills()
  readonly #costs = new WorkCosts()
  readonly #demand = new Demand()
  readonly #members = new Map<AgentId, Member>()
  /** Agents that are prepared for each kind. */
  readonly #prepared = new Map<string, number>()
  readonly #grouping: Grouping
  #settings: FlockSettings

  constructor(settings: Partial<FlockSettings>, modules: FlockModules) {
    this.#settings = { ...FLOCK_DEFAULTS, ...settings }
    this.#grouping = new Grouping({
      skills: this.#skills,
      costs: this.#costs,
      positionOf: (agentId) => this.positionOf(agentId),
      onChange: modules.onChange,
    })
  }

  /** All that has been learned, in the order in which {@link restore} takes it. */
  *rows(): Generator<FlockRow> {
    yield* this.#skills.rows()
    yield* this.#costs.rows()
    yield* this.#demand.rows()
    for (const [agentId, { prepared, doesReport, capacity, aligned, outcomes }] of this.#members)
      yield ['member', agentId, [...prepared], doesReport, capacity, aligned, outcomes]
    yield* this.#grouping.rows()
  }

  restore(row: FlockRow): void {
    for (const part of [this.#skills, this.#costs, this.#demand, this.#grouping]) part.restore(row)
    if (row[0] !== 'member') return
    const [, agentId, prepared, doesReport, capacity, aligned, outcomes] = row
    this.#members.set(agentId, { prepared, doesReport, capacity, aligned, outcomes })
    for (const kind of prepared) this.#countPrepared(kind, 1)
  }

  get settings(): FlockSettings {
    return this.#settings
  }

  /** What the flock has learned stays. */
  configure(settings: Partial<FlockSettings>): void {
    this.#settings = { ...this.#settings, ...settings }
  }

  get grouping(): Grouping {
    return this.#grouping
  }

  get skills(): Skills {
    return this.#skills
  }

  positionOf(agentId: AgentId): Position {
    return { prepared: this.#members.get(agentId)?.prepared ?? [], skills: this.#skills.of(agentId) }
  }

  /** What an agent says it is prepared for; from then on it is believed, until it says something else. */
  report(agentId: AgentId, prepared: readonly string[]): void {
    const member = this.#member(agentId)
    member.doesReport = true
    member.capacity = Math.max(1, member.capacity, Math.min(prepared.length, PREPARED_MAX))
    this.#prepare(agentId, member, prepared.slice(0, PREPARED_MAX))
  }

  /**
   * An agent began an attempt. An agent that does not report counts as prepared for what it began last, one kind for
   * each of its slots. Returns whether it was prepared.
   */
  began({ agentId, kind, slots }: FlockStart): boolean {
    const member = this.#member(agentId)
    const wasPrepared = member.prepared.includes(kind)
    if (!this.#settings.adapts) return wasPrepared
    this.#demand.add(kind, Math.max(1, this.#costs.workMs(kind)))
    if (!member.doesReport) member.capacity = Math.min(Math.max(1, slots), PREPARED_MAX)
    const others = member.prepared.filter((other) => other !== kind)
    this.#prepare(agentId, member, [kind, ...others].slice(0, member.capacity))
    return wasPrepared
  }

  learn({ agentId, kind, hasSucceeded, durationMs, wasPrepared }: FlockOutcome): void {
    if (!this.#settings.adapts) return
    const member = this.#member(agentId)
    const change = this.#skills.record(agentId, kind, hasSucceeded)
    this.#grouping.learned(agentId, kind, change)
    if (hasSucceeded) this.#costs.learn({ kind, durationMs, wasPrepared })
    member.outcomes += 1
    if (member.outcomes % COMPARE_EVERY === 0) this.#compare(agentId, member)
  }

  /** The agent has left the swarm. */
  remove(agentId: AgentId): void {
    const member = this.#members.get(agentId)
    if (member === undefined) return
    this.#grouping.remove(agentId)
    for (const kind of member.prepared) this.#countPrepared(kind, -1)
    this.#members.delete(agentId)
    this.#skills.forget(agentId)
  }

  /** Expected work of a kind without set-up, in milliseconds. */
  workMs(kind: string): number {
    return this.#costs.workMs(kind)
  }

  get setUpMs(): number {
    return this.#costs.setUpMs
  }

  isPrepared(agentId: AgentId, kind: string): boolean {
    return this.#members.get(agentId)?.prepared.includes(kind) ?? false
  }

  /** What an agent is expected to lose by taking up a kind, in milliseconds: cohesion and separation. */
  priceOf(agentId: AgentId, kind: string): number {
    const { cohesion, separation } = this.#settings
    const member = this.#members.get(agentId)
    if (member?.prepared.includes(kind) === true) return 0
    const setUp = cohesion ? this.#costs.setUpMs : 0
    return separation ? setUp + this.#lossOf(member) : setUp
  }

  /** An estimate of the rate at which an agent succeeds, drawn anew each time (Thompson sampling); above 0, up to 1. */
  drawSuccess(agentId: AgentId, kind: string, random: Random): number {
    const rate = this.#skills.rate(kind)
    if (rate >= 1) return 1
    const own = this.#skills.of(agentId).get(kind) ?? NO_TALLY
    const others = this.#settings.alignment ? this.#companions(agentId, kind) : NO_TALLY
    const successes = own.successes + others.successes + PRIOR_WEIGHT * rate
    const attempts = own.attempts + others.attempts + PRIOR_WEIGHT
    const drawn = drawRate({ alpha: successes, beta: Math.max(1e-6, attempts - successes) }, random)
    return Math.max(0.01, drawn)
  }

  /** What the group of an agent achieved at a kind, as far as the agent is aligned with it. */
  #companions(agentId: AgentId, kind: string): Tally {
    const group = this.#grouping.groupOf(agentId)
    const all = group?.skills.get(kind)
    if (group === undefined || all === undefined) return NO_TALLY
    const own = this.#skills.of(agentId).get(kind) ?? NO_TALLY
    const attempts = Math.max(0, all.attempts - own.attempts)
    if (attempts === 0) return NO_TALLY
    const aligned = this.#members.get(agentId)?.aligned ?? 0
    const scale = aligned * Math.min(1, COMPANIONS_WEIGHT_MAX / attempts)
    return { attempts: attempts * scale, successes: Math.max(0, all.successes - own.successes) * scale }
  }

  /** What the swarm loses when one fewer is prepared for what an agent would give up: nothing where enough others are. */
  #lossOf(member: Member | undefined): number {
    const given = member?.prepared.at(-1)
    if (member === undefined || given === undefined || member.prepared.length < member.capacity) return 0
    const count = this.#prepared.get(given) ?? 1
    const needed = this.#demand.share(given) * this.#members.size
    return this.#costs.setUpMs * Math.min(1, needed / count)
  }

  #prepare(agentId: AgentId, member: Member, prepared: readonly string[]): void {
    const before = member.prepared
    if (isSameSet(before, prepared)) {
      member.prepared = prepared
      return
    }
    for (const kind of before) this.#countPrepared(kind, -1)
    for (const kind of prepared) this.#countPrepared(kind, 1)
    this.#grouping.prepared(agentId, before, prepared)
    member.prepared = prepared
    this.#compare(agentId, member)
  }

  #compare(agentId: AgentId, member: Member): void {
    this.#grouping.reconsider(agentId)
    const group = this.#grouping.groupOf(agentId)
    const own = this.positionOf(agentId)
    member.aligned =
      group === undefined ? 0 : alignment(this.#skills, own.skills, group.seenBy(agentId, own).skills)
  }

  #countPrepared(kind: string, by: number): void {
    const count = (this.#prepared.get(kind) ?? 0) + by
    if (count > 0) this.#prepared.set(kind, count)
    else this.#prepared.delete(kind)
  }

  #member(agentId: AgentId): Member {
    const known = this.#members.get(agentId)
    if (known !== undefined) return known
    const member = { prepared: [], doesReport: false, capacity: 1, aligned: 0, outcomes: 0 }
    this.#members.set(agentId, member)
    return member
  }
}

function isSameSet(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && after.every((kind) => before.includes(kind))
}
