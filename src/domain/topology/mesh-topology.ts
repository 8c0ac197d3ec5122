import { assert } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'
import { FlatTopology } from './flat-topology.ts'
import { type Link, NOTHING_REPAIRED, type Repair, type Spread, type Topology } from './topology.ts'

/** Everybody talks to everybody, so nothing about links is kept; see {@link MeshTies} for what use leaves behind. */
export class MeshTopology extends FlatTopology implements Topology {
  readonly settings = { kind: 'mesh' } as const
  /** With the place of each. */
  readonly #members = new Map<AgentId, number>()
  #nextPlace = 0

  get size(): number {
    return this.#members.size
  }

  has(agentId: AgentId): boolean {
    return this.#members.has(agentId)
  }

  override members(): Iterable<AgentId> {
    return this.#members.keys()
  }

  placeOf(agentId: AgentId): number {
    const place = this.#members.get(agentId)
    assert(place !== undefined, 'only members of the mesh are named')
    return place
  }

  add(agentId: AgentId, place: number = this.#nextPlace): Repair {
    assert(!this.has(agentId), 'a newcomer is no member of the mesh yet')
    this.#members.set(agentId, place)
    this.#nextPlace = place + 1
    return { ...NOTHING_REPAIRED, moved: [agentId] }
  }

  remove(agentId: AgentId): Repair {
    this.#checkMember(agentId)
    this.#members.delete(agentId)
    return NOTHING_REPAIRED
  }

  lead(agentId: AgentId): Repair {
    this.#checkMember(agentId)
    return NOTHING_REPAIRED
  }

  path(from: AgentId, to: AgentId): readonly AgentId[] {
    this.#checkMember(from)
    this.#checkMember(to)
    return from === to ? [from] : [from, to]
  }

  neighbours(agentId: AgentId): readonly AgentId[] {
    this.#checkMember(agentId)
    return [...this.#members.keys()].filter((other) => other !== agentId)
  }

  links(): Iterable<Link> {
    return []
  }

  spread(): Spread {
    return { hops: Math.max(0, this.size - 1), rounds: this.size > 1 ? 1 : 0 }
  }

  stageOrder(first: AgentId): readonly AgentId[] {
    this.#checkMember(first)
    const order = [...this.#members.keys()]
    const start = order.indexOf(first)
    return [...order.slice(start), ...order.slice(0, start)]
  }

  #checkMember(agentId: AgentId): void {
    assert(this.#members.has(agentId), 'only members of the mesh are named')
  }
}
