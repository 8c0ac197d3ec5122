import { allRecords } from '../kernel/all-records.ts'
import type { Projection } from '../kernel/projection.ts'
import { SwarmError } from '../model/errors.ts'
import type { SwarmEvent } from '../model/events.ts'
import { type AgentId, agentId } from '../model/ids.ts'
import type { TopologySettings } from '../model/topology-settings.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { MessageRoutes } from './message-routes.ts'
import type { StageOrder } from './stage-order.ts'
import { EMPTY_MESH, SwarmTopology, type TopologyChange } from './swarm-topology.ts'
import type { MemberPlace } from './topology.ts'
import { TOPOLOGY_MEMBER_RECORDS } from './topology-record.ts'
import { type TopologyView, viewTopology } from './topology-view.ts'
import { TOPOLOGY_KEY, TopologyWriter, type TopologyWriterModules } from './topology-writer.ts'

export interface TopologyKeeperModules extends TopologyWriterModules {
  readonly store: SwarmStore
}

const TIES = { halfLifeMs: 600_000, tiesMax: 10_000 }
const TIES_LISTED_MAX = 1_000

/**
 * The swarm's topology, kept true by reading the log: agents that come online join, those that die or leave are taken
 * out and the graph is repaired at once. Every change is an event of its own.
 */
export class TopologyKeeper implements MessageRoutes, StageOrder, Projection {
  readonly name = 'topology'
  readonly #modules: TopologyKeeperModules
  readonly #writer: TopologyWriter
  #topology: SwarmTopology

  constructor(settings: TopologySettings, modules: TopologyKeeperModules) {
    this.#modules = modules
    this.#writer = new TopologyWriter(modules)
    this.#topology = new SwarmTopology(TIES, { ...EMPTY_MESH, settings })
  }

  get version(): number {
    return this.#topology.version
  }

  get topology(): SwarmTopology {
    return this.#topology
  }

  /**
   * Takes up the topology that an earlier coordinatorship left, to the same places. What the log does not tell yet, such
   * as a death that was written just before a crash, is made up for with an event of its own.
   *
   * @param present the agents that are here, in the order in which they joined
   */
  async recover(settings: TopologySettings, present: readonly AgentId[]): Promise<void> {
    const { store, journal } = this.#modules
    const record = (await store.get(journal.scope, TOPOLOGY_KEY))?.value ?? EMPTY_MESH
    const members: MemberPlace[] = []
    for await (const { value } of allRecords(store, journal.scope, TOPOLOGY_MEMBER_RECORDS))
      members.push(value)
    members.sort((a, b) => a.place - b.place)
    const leaderId = members.some(({ agentId }) => agentId === record.leaderId) ? record.leaderId : null
    this.#topology = new SwarmTopology(TIES, { ...EMPTY_MESH, settings, ...record, leaderId, members })
    if (record.version > 0) this.#note(this.#topology.recovered())
    const isHere = new Set(present)
    for (const { agentId } of members)
      if (!isHere.has(agentId)) this.#note(this.#topology.remove(agentId, 'died'))
    for (const agentId of present) this.#note(this.#topology.join(agentId))
    if (!isSame(settings, this.#topology.shape.settings)) this.#note(this.#topology.switchTo(settings))
  }

  /** Reads on in the log. */
  read(events: readonly SwarmEvent[]): void {
    for (const { type, subject, data } of events) {
      if (type === 'agent.online') this.#note(this.#topology.join(agentId(subject)))
      else if (type === 'agent.offline') this.#note(this.#topology.remove(agentId(subject), 'died'))
      else if (type === 'agent.removed') this.#note(this.#topology.remove(agentId(subject), 'left'))
      else if (type === 'leader.elected') this.follow(agentId(subject))
      else if (type === 'leader.lost' && this.#topology.leaderId === subject) this.follow(null)
      else if (type === 'swarm.updated' && data.topology !== undefined)
        this.#note(this.#topology.switchTo(data.topology))
    }
  }

  /** The elected leader is the root of a tree; without one the tree keeps the root it has. */
  follow(leaderId: AgentId | null): void {
    this.#note(leaderId === null ? this.#topology.loseLeader() : this.#topology.lead(leaderId))
  }

  route(from: AgentId, to: AgentId): readonly AgentId[] {
    const route = this.#topology.route(from, to)
    if (!route.isAllowed) throw new SwarmError('no_route', { from, to, reason: route.reason })
    return route.path
  }

  routeOrWait(from: AgentId, to: AgentId): readonly AgentId[] {
    if (!this.isMember(from) || this.isMember(to)) return this.route(from, to)
    return [from]
  }

  carried(path: readonly AgentId[]): void {
    this.#topology.carried('direct', path, this.#modules.clock.monotonic())
  }

  reach(kind: 'topic' | 'broadcast', from: AgentId): Iterable<AgentId> {
    const spread = this.#topology.carryToAll(kind, from)
    if (spread === undefined)
      throw new SwarmError('no_route', { from, to: from, reason: 'sender_not_member' })
    return this.#topology.shape.members()
  }

  /** All members in the order in which a pipeline passes them after this one, which comes last. */
  membersAfter(previous: AgentId): readonly AgentId[] | undefined {
    if (!this.isMember(previous)) return undefined
    const [, ...next] = this.#topology.shape.stageOrder(previous)
    return [...next, previous]
  }

  isMember(agent: AgentId): boolean {
    return this.#topology.shape.has(agent)
  }

  view(): TopologyView {
    return viewTopology(this.#topology, this.#modules.clock.monotonic(), TIES_LISTED_MAX)
  }

  #note(change: TopologyChange | undefined): void {
    if (change === undefined) return
    const { shape, leaderId = null } = this.#topology
    const places = change.moved.map((agentId) => ({ agentId, place: shape.placeOf(agentId) }))
    this.#writer.write({ change, leaderId, places })
  }
}

function isSame(a: TopologySettings, b: TopologySettings): boolean {
  const complete = (settings: TopologySettings) => ({ branching: 0, direction: '', ...settings })
  const [left, right] = [complete(a), complete(b)]
  return left.kind === right.kind && left.branching === right.branching && left.direction === right.direction
}
