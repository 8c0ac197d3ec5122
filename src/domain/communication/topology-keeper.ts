import type { StageOrder } from '../distribution/along-the-ring.ts'
import { SwarmError } from '../errors.ts'
import { type AgentId, agentId } from '../ids.ts'
import type { SwarmJournal } from '../orchestration/swarm-journal.ts'
import { unchanged } from '../orchestration/swarm-journal.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put, type SwarmEvent } from '../ports/records.ts'
import { EMPTY_MESH, SwarmTopology, type TopologyChange } from '../topology/swarm-topology.ts'
import type { TopologySettings } from '../topology/topology.ts'
import type { TopologyRecord } from '../topology/topology-record.ts'
import { type TopologyView, viewTopology } from '../topology/topology-view.ts'
import type { MessageRoutes } from './message-bus.ts'

export interface TopologyKeeperModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly logger: Logger
}

const TIES = { halfLifeMs: 600_000, tiesMax: 10_000 }
const TIES_LISTED_MAX = 1_000

/**
 * The swarm's topology, kept true by reading the log: agents that come online join, those that die or leave are taken
 * out and the graph is repaired at once. Every change is an event of its own.
 */
export class TopologyKeeper implements MessageRoutes, StageOrder {
  readonly #modules: TopologyKeeperModules
  #topology: SwarmTopology

  constructor(settings: TopologySettings, modules: TopologyKeeperModules) {
    this.#modules = modules
    this.#topology = new SwarmTopology(TIES, { ...EMPTY_MESH, settings })
  }

  get version(): number {
    return this.#topology.version
  }

  get topology(): SwarmTopology {
    return this.#topology
  }

  /** Takes up what an earlier coordinatorship left: its version, its leader, and the agents that are here. */
  async recover(settings: TopologySettings, members: readonly AgentId[]): Promise<void> {
    const record = await this.#modules.journal.transact([RECORD_KEY] as const, ([stored]) => {
      const { version = 0, leaderId = null } = stored?.value ?? {}
      const isHere = leaderId !== null && members.includes(leaderId)
      // Its paths may differ from those given out before, so that its version does too.
      const next: TopologyRecord = { version: version + 1, leaderId: isHere ? leaderId : null }
      return { ...unchanged(next), writes: [put('topology', RECORD_KEY.id, next)] }
    })
    this.#topology = new SwarmTopology(TIES, { settings, ...record, members })
  }

  /** Reads on in the log. */
  read(events: readonly SwarmEvent[]): void {
    for (const { type, subject, data } of events) {
      if (type === 'agent.online') this.#note(this.#topology.join(agentId(subject)))
      else if (type === 'agent.offline') this.#note(this.#topology.remove(agentId(subject), 'died'))
      else if (type === 'agent.removed') this.#note(this.#topology.remove(agentId(subject), 'left'))
      else if (type === 'leader.elected') this.follow(agentId(subject))
      else if (type === 'leader.lost' && this.#topology.leaderId === subject) this.follow(null)
      else if (type === 'swarm.updated' && data['topology'] !== undefined) {
        this.#note(this.#topology.switchTo(data['topology'] as TopologySettings))
      }
    }
  }

  /** The elected leader is the root of a tree; without one the tree keeps the root it has. */
  follow(leaderId: AgentId | null): void {
    this.#note(leaderId === null ? this.#topology.loseLeader() : this.#topology.lead(leaderId))
  }

  route(from: AgentId, to: AgentId): readonly AgentId[] {
    const route = this.#topology.carry('direct', from, to, this.#modules.clock.monotonic())
    if (!route.isAllowed) throw new SwarmError('no_route', { from, to, reason: route.reason })
    return route.path
  }

  routeOrWait(from: AgentId, to: AgentId): readonly AgentId[] {
    if (!this.isMember(from) || this.isMember(to)) return this.route(from, to)
    return [from]
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
    const { journal, clock, logger } = this.#modules
    const { version, cause, kind, agentId: about, linked, unlinked } = change
    const record: TopologyRecord = { version, leaderId: this.#topology.leaderId ?? null }
    const data = { cause, kind, version, linked, unlinked }
    const event = { type: 'topology.changed', subject: about ?? 'topology', time: clock.now(), data }
    journal
      .transact([], () => ({
        ...unchanged(null),
        writes: [put('topology', RECORD_KEY.id, record)],
        events: [event],
      }))
      .catch((error: unknown) => logger.warn({ error, version }, 'topology change not written'))
  }
}

const RECORD_KEY = { kind: 'topology', id: 'topology' } as const
