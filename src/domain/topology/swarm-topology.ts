import type { AgentId, MonotonicMs } from '../model/ids.ts'
import type { TopologySettings } from '../model/topology-settings.ts'
import { CommunicationCost, type CostRow, type TrafficKind } from './communication-cost.ts'
import { createTopology } from './create-topology.ts'
import { MeshTies, type MeshTiesOptions, type Tie } from './mesh-ties.ts'
import { type MemberPlace, NOTHING_REPAIRED, type Repair, type Spread, type Topology } from './topology.ts'

export type ChangeCause =
  | 'joined'
  | 'left'
  | 'died'
  | 'leader_elected'
  | 'leader_lost'
  | 'switched'
  /** A coordinating node began, with the topology that its predecessor left. */
  | 'recovered'

/**
 * One change of the topology, with the repair it made. A switch lists no links: it replaced them all, by those of the
 * new kind for the same members in the same order, the leader moved to the root of a tree.
 */
export interface TopologyChange extends Repair {
  readonly cause: ChangeCause
  /** Whom it is about; undefined for a switch. */
  readonly agentId: AgentId | undefined
  readonly settings: TopologySettings
  readonly version: number
}

export type Route =
  | {
      readonly isAllowed: true
      /** Sender first, receiver last. */
      readonly path: readonly AgentId[]
      readonly hops: number
      readonly topologyVersion: number
    }
  | {
      readonly isAllowed: false
      readonly reason: 'sender_not_member' | 'receiver_not_member'
      readonly topologyVersion: number
    }

/** From it an equal topology can be built again; only the strengths of mesh ties are lost. */
export interface TopologySnapshot {
  readonly settings: TopologySettings
  readonly version: number
  readonly leaderId: AgentId | null
  /** In the order of their places. */
  readonly members: readonly MemberPlace[]
}

export const EMPTY_MESH: TopologySnapshot = {
  settings: { kind: 'mesh' },
  version: 0,
  leaderId: null,
  members: [],
}

/**
 * The live topology of one swarm: its kind, which can change under way, its members, its leader, and a version that
 * every change raises. A path given out stays what it is: messages carry it together with the version it was made in.
 */
export class SwarmTopology {
  readonly #ties: MeshTies
  readonly #cost = new CommunicationCost()
  #shape: Topology
  #version: number
  #leaderId: AgentId | undefined

  constructor(options: MeshTiesOptions, snapshot: TopologySnapshot) {
    this.#ties = new MeshTies(options)
    this.#version = snapshot.version
    this.#leaderId = snapshot.leaderId ?? undefined
    this.#shape = createTopology(snapshot.settings)
    for (const { agentId, place } of snapshot.members) this.#shape.add(agentId, place)
  }

  /** Reads only: a change goes through this class, or the version would not tell of it. */
  get shape(): Omit<Topology, 'add' | 'remove' | 'lead'> {
    return this.#shape
  }

  get version(): number {
    return this.#version
  }

  /** The elected leader while it is a member. The tree keeps a root also while there is none. */
  get leaderId(): AgentId | undefined {
    return this.#leaderId
  }

  /** @returns undefined where it is a member already. */
  join(agentId: AgentId): TopologyChange | undefined {
    if (this.#shape.has(agentId)) return undefined
    return this.#changed('joined', agentId, this.#shape.add(agentId))
  }

  /** @returns undefined where it is no member. */
  remove(agentId: AgentId, cause: 'left' | 'died'): TopologyChange | undefined {
    if (!this.#shape.has(agentId)) return undefined
    this.#ties.forget(agentId)
    if (this.#leaderId === agentId) this.#leaderId = undefined
    return this.#changed(cause, agentId, this.#shape.remove(agentId))
  }

  /** @returns undefined where it leads already or is no member. */
  lead(agentId: AgentId): TopologyChange | undefined {
    if (this.#leaderId === agentId || !this.#shape.has(agentId)) return undefined
    this.#leaderId = agentId
    return this.#changed('leader_elected', agentId, this.#shape.lead(agentId))
  }

  /** The leader stepped down and nobody follows it yet. @returns undefined where nobody led. */
  loseLeader(): TopologyChange | undefined {
    const lost = this.#leaderId
    if (lost === undefined) return undefined
    this.#leaderId = undefined
    return this.#changed('leader_lost', lost, NOTHING_REPAIRED)
  }

  /** Another kind for the same members, in their present order, under the same leader. */
  switchTo(settings: TopologySettings): TopologyChange {
    const next = createTopology(settings)
    for (const agentId of this.#shape.members()) next.add(agentId)
    if (this.#leaderId !== undefined) next.lead(this.#leaderId)
    if (settings.kind !== 'mesh') this.#ties.clear()
    this.#shape = next
    return this.#changed('switched', undefined, { ...NOTHING_REPAIRED, moved: [...next.members()] })
  }

  /** Raises the version: paths that an earlier process gave out may differ from those given out from now on. */
  recovered(): TopologyChange {
    return this.#changed('recovered', undefined, NOTHING_REPAIRED)
  }

  /** Asks only; a message that is accepted is counted by {@link carried}. */
  route(from: AgentId, to: AgentId): Route {
    const topologyVersion = this.#version
    if (!this.#shape.has(from)) return { isAllowed: false, reason: 'sender_not_member', topologyVersion }
    if (!this.#shape.has(to)) return { isAllowed: false, reason: 'receiver_not_member', topologyVersion }
    const path = this.#shape.path(from, to)
    return { isAllowed: true, path, hops: path.length - 1, topologyVersion }
  }

  /** Counts a message that was accepted on a path of this topology; the edge of a mesh that it uses gets stronger. */
  carried(traffic: TrafficKind, path: readonly AgentId[], at: MonotonicMs): void {
    const [from, to] = [path[0], path.at(-1)]
    this.#cost.count(this.#shape.settings.kind, traffic, path.length - 1)
    const isTie = this.#shape.settings.kind === 'mesh' && from !== undefined && to !== undefined
    if (isTie && this.#shape.has(from) && this.#shape.has(to)) this.#ties.use(from, to, at)
  }

  /** A message to all, which spreads along the links instead of going one path. */
  carryToAll(traffic: TrafficKind, from: AgentId): Spread | undefined {
    if (!this.#shape.has(from)) return undefined
    const spread = this.#shape.spread(from)
    this.#cost.count(this.#shape.settings.kind, traffic, spread.hops)
    return spread
  }

  /** The used edges of a mesh, strongest first. */
  ties(at: MonotonicMs): readonly Tie[] {
    return this.#ties.list(at)
  }

  cost(): readonly CostRow[] {
    return this.#cost.rows()
  }

  #changed(cause: ChangeCause, agentId: AgentId | undefined, repair: Repair): TopologyChange {
    this.#version += 1
    return { cause, agentId, settings: this.#shape.settings, version: this.#version, ...repair }
  }
}
