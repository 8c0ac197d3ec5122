import type { AgentId } from '../../model/ids.ts'
import { type AttractionModules, attraction } from './attraction.ts'
import type { FlockRow } from './flock-row.ts'
import { Group, type Neighbours, type Position } from './group.ts'
import type { GroupChange } from './group-change.ts'
import type { Tally } from './skills.ts'

/** Attraction at which an agent joins a group, or two agents form one. */
const JOIN_AT = 0.4
/** Below this a member leaves. */
const LEAVE_BELOW = 0.15
/** Below this a member looks for others to leave with. */
const SPLIT_BELOW = 0.6
/** How much more another group has to attract than the own one. */
const LEAD = 0.15
/** Attraction between whole groups at which they merge. */
const MERGE_AT = 0.95
/** Agents outside of groups that one agent looks at in one turn. */
const STRANGERS_MAX = 64

export interface GroupingModules extends AttractionModules {
  positionOf(agentId: AgentId): Position
  onChange(change: GroupChange): void
}

/**
 * The groups of one swarm. They change one agent at a time: an agent whose position has changed joins the group that
 * attracts it most, forms one with another that is alone, leaves one that attracts it no longer, alone or with those
 * that belong with it, or brings its whole group into another. An agent is a member of at most one group.
 */
export class Grouping {
  readonly #modules: GroupingModules
  readonly #groups = new Map<string, Group>()
  readonly #groupOf = new Map<AgentId, Group>()
  /** Those that were looked at last stand last. */
  readonly #strangers = new Set<AgentId>()
  #nameCount = 0

  constructor(modules: GroupingModules) {
    this.#modules = modules
  }

  /** By their names. */
  get groups(): ReadonlyMap<string, Group> {
    return this.#groups
  }

  groupOf(agentId: AgentId): Group | undefined {
    return this.#groupOf.get(agentId)
  }

  /** Positions have to be restored before: the sums of a group are those of its members. */
  *rows(): Generator<FlockRow> {
    for (const { name, members } of this.#groups.values()) yield ['group', name, [...members]]
    yield ['strangers', [...this.#strangers]]
    yield ['names', this.#nameCount]
  }

  restore(row: FlockRow): void {
    if (row[0] === 'names') this.#nameCount = row[1]
    else if (row[0] === 'strangers') for (const agentId of row[1]) this.#strangers.add(agentId)
    else if (row[0] === 'group') {
      const group = new Group(row[1])
      this.#groups.set(group.name, group)
      for (const member of row[2]) this.#add(member, group)
    }
  }

  /** Compares an agent with all groups anew. */
  reconsider(agentId: AgentId): void {
    const own = this.#modules.positionOf(agentId)
    const home = this.#groupOf.get(agentId)
    if (home === undefined) this.#settle(agentId, own)
    else this.#stayOrGo(agentId, own, home)
  }

  /** Takes an agent out of everything. */
  remove(agentId: AgentId): void {
    this.#leave(agentId, this.#modules.positionOf(agentId))
    this.#strangers.delete(agentId)
  }

  /** What an agent is prepared for has changed. */
  prepared(agentId: AgentId, before: readonly string[], after: readonly string[]): void {
    const group = this.#groupOf.get(agentId)
    for (const kind of before) group?.countPrepared(kind, -1)
    for (const kind of after) group?.countPrepared(kind, 1)
  }

  /** What an agent can do has changed. */
  learned(agentId: AgentId, kind: string, by: Tally): void {
    this.#groupOf.get(agentId)?.countSkill(kind, by)
  }

  #settle(agentId: AgentId, own: Position): void {
    const best = this.#bestOf(agentId, own)
    if (best !== undefined && best.attraction >= JOIN_AT) {
      this.#join(agentId, own, best.group)
      return
    }
    this.#strangers.delete(agentId)
    const partner = this.#partnerOf(own)
    if (partner === undefined) this.#strangers.add(agentId)
    else this.#form([agentId, partner])
  }

  #stayOrGo(agentId: AgentId, own: Position, home: Group): void {
    const held = this.#attraction(own, home.seenBy(agentId, own))
    const best = this.#bestOf(agentId, own, home)
    if (best !== undefined && best.attraction >= Math.max(JOIN_AT, held + LEAD)) {
      this.#leave(agentId, own)
      // The group may have gone with its last member but one.
      if (this.#groups.has(best.group.name)) this.#join(agentId, own, best.group)
      else this.#settle(agentId, own)
    } else if (held < SPLIT_BELOW && this.#split(agentId, own, home)) return
    else if (held < LEAVE_BELOW) {
      this.#leave(agentId, own)
      this.#settle(agentId, own)
    } else if (best !== undefined && best.attraction >= MERGE_AT) this.#merge(home, best.group)
  }

  /** Leaves together with the members that belong rather with the one that leaves than with the rest, if there are any. */
  #split(agentId: AgentId, own: Position, home: Group): boolean {
    const alone = alonePosition(own)
    const companions = [...home.members].slice(0, STRANGERS_MAX).filter((other) => {
      if (other === agentId) return false
      const position = this.#modules.positionOf(other)
      const toLeaver = this.#attraction(position, alone)
      return (
        toLeaver >= JOIN_AT && toLeaver >= this.#attraction(position, home.seenBy(other, position)) + LEAD
      )
    })
    if (companions.length === 0 || companions.length === home.members.size - 1) return false
    const members = [agentId, ...companions]
    for (const member of members) this.#drop(member, home)
    this.#open(members, (group) => ({ type: 'split', group, from: home.name, members }))
    this.#closeIfSmall(home)
    return true
  }

  #merge(home: Group, other: Group): void {
    const whole = { prepared: [...home.prepared.keys()], skills: home.skills }
    if (this.#attraction(whole, seen(other)) < MERGE_AT) return
    const members = [...home.members]
    for (const member of members) {
      this.#drop(member, home)
      this.#add(member, other)
    }
    this.#groups.delete(home.name)
    this.#modules.onChange({ type: 'merged', group: other.name, from: home.name, members })
  }

  #join(agentId: AgentId, own: Position, group: Group): void {
    this.#strangers.delete(agentId)
    group.add(agentId, own)
    this.#groupOf.set(agentId, group)
    this.#modules.onChange({ type: 'joined', group: group.name, agentId })
  }

  #form(members: readonly AgentId[]): void {
    this.#open(members, (group) => ({ type: 'formed', group, members }))
  }

  #open(members: readonly AgentId[], change: (name: string) => GroupChange): void {
    this.#nameCount += 1
    const group = new Group(`group-${this.#nameCount}`)
    this.#groups.set(group.name, group)
    for (const member of members) this.#add(member, group)
    this.#modules.onChange(change(group.name))
  }

  #leave(agentId: AgentId, own: Position): void {
    const group = this.#groupOf.get(agentId)
    if (group === undefined) return
    group.remove(agentId, own)
    this.#groupOf.delete(agentId)
    this.#modules.onChange({ type: 'left', group: group.name, agentId })
    this.#closeIfSmall(group)
  }

  #closeIfSmall(group: Group): void {
    if (group.members.size > 1) return
    for (const member of group.members) {
      this.#drop(member, group)
      this.#strangers.add(member)
    }
    this.#groups.delete(group.name)
    this.#modules.onChange({ type: 'dissolved', group: group.name })
  }

  #add(agentId: AgentId, group: Group): void {
    this.#strangers.delete(agentId)
    group.add(agentId, this.#modules.positionOf(agentId))
    this.#groupOf.set(agentId, group)
  }

  #drop(agentId: AgentId, group: Group): void {
    group.remove(agentId, this.#modules.positionOf(agentId))
    this.#groupOf.delete(agentId)
  }

  #bestOf(
    agentId: AgentId,
    own: Position,
    home?: Group,
  ): { readonly group: Group; readonly attraction: number } | undefined {
    let best: { readonly group: Group; readonly attraction: number } | undefined
    for (const group of this.#groups.values()) {
      if (group === home) continue
      const value = this.#attraction(own, group.seenBy(agentId, own))
      if (best === undefined || value > best.attraction) best = { group, attraction: value }
    }
    return best
  }

  #partnerOf(own: Position): AgentId | undefined {
    let looked = 0
    for (const stranger of this.#strangers) {
      if (looked === STRANGERS_MAX) return undefined
      looked += 1
      if (this.#attraction(this.#modules.positionOf(stranger), alonePosition(own)) >= JOIN_AT) return stranger
      this.#strangers.delete(stranger)
      this.#strangers.add(stranger)
    }
    return undefined
  }

  #attraction(own: Position, others: Neighbours): number {
    return attraction(this.#modules, own, others)
  }
}

function seen({ members, prepared, skills }: Group): Neighbours {
  return { size: members.size, prepared, skills }
}

function alonePosition({ prepared, skills }: Position): Neighbours {
  return { size: 1, prepared: new Map(prepared.map((kind) => [kind, 1])), skills }
}
