import { assert } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'
import type { RingDirection } from '../model/topology-settings.ts'
import { FlatTopology } from './flat-topology.ts'
import { type Link, NOTHING_REPAIRED, type Repair, type Spread, type Topology } from './topology.ts'

interface Place {
  readonly agentId: AgentId
  readonly place: number
  next: Place
  previous: Place
}

/** Members in a circle, in the order they joined. A message passes from neighbour to neighbour. */
export class RingTopology extends FlatTopology implements Topology {
  readonly settings: { readonly kind: 'ring'; readonly direction: RingDirection }
  readonly #places = new Map<AgentId, Place>()
  #first: Place | undefined
  #nextPlace = 0

  constructor(direction: RingDirection) {
    super()
    this.settings = { kind: 'ring', direction }
  }

  get size(): number {
    return this.#places.size
  }

  has(agentId: AgentId): boolean {
    return this.#places.has(agentId)
  }

  override *members(): Iterable<AgentId> {
    for (const place of this.#around()) yield place.agentId
  }

  placeOf(agentId: AgentId): number {
    return this.#place(agentId).place
  }

  /** Splices the newcomer in behind the last member. */
  add(agentId: AgentId, at: number = this.#nextPlace): Repair {
    assert(!this.has(agentId), 'a newcomer is no member of the ring yet')
    const place = alone(agentId, at)
    this.#places.set(agentId, place)
    this.#nextPlace = at + 1
    if (this.#first === undefined) {
      this.#first = place
      return { ...NOTHING_REPAIRED, moved: [agentId] }
    }
    const next = this.#first
    const previous = next.previous
    join(previous, place)
    join(place, next)
    return {
      linked: [link(previous, place), link(place, next)],
      unlinked: previous === next ? [] : [link(previous, next)],
      moved: [agentId],
    }
  }

  remove(agentId: AgentId): Repair {
    const place = this.#place(agentId)
    const { next, previous } = place
    this.#places.delete(agentId)
    if (next === place) {
      this.#first = undefined
      return NOTHING_REPAIRED
    }
    if (this.#first === place) this.#first = next
    join(previous, next)
    return {
      linked: previous === next ? [] : [link(previous, next)],
      unlinked: [link(previous, place), link(place, next)],
      moved: [],
    }
  }

  lead(agentId: AgentId): Repair {
    this.#place(agentId)
    return NOTHING_REPAIRED
  }

  /** Walks both ways at once, so that the cost is the length of the shorter one and no positions need upkeep. */
  path(from: AgentId, to: AgentId): readonly AgentId[] {
    const target = this.#place(to)
    let onward = this.#place(from)
    let backward = onward
    const onwardPath = [from]
    const backwardPath = [from]
    const goesBothWays = this.settings.direction === 'two_way'
    while (onward !== target) {
      onward = onward.next
      onwardPath.push(onward.agentId)
      if (!goesBothWays || onward === target) continue
      backward = backward.previous
      backwardPath.push(backward.agentId)
      if (backward === target) return backwardPath
    }
    return onwardPath
  }

  neighbours(agentId: AgentId): readonly AgentId[] {
    const { next, previous } = this.#place(agentId)
    if (this.size === 1) return []
    if (this.settings.direction === 'one_way' || next === previous) return [next.agentId]
    return [previous.agentId, next.agentId]
  }

  *links(): Iterable<Link> {
    if (this.size < 2) return
    for (const place of this.#around()) yield link(place, place.next)
  }

  spread(): Spread {
    const hops = Math.max(0, this.size - 1)
    return { hops, rounds: this.settings.direction === 'one_way' ? hops : Math.floor(this.size / 2) }
  }

  stageOrder(first: AgentId): readonly AgentId[] {
    const start = this.#place(first)
    const order = [first]
    for (let place = start.next; place !== start; place = place.next) order.push(place.agentId)
    return order
  }

  *#around(): Iterable<Place> {
    const first = this.#first
    if (first === undefined) return
    yield first
    for (let place = first.next; place !== first; place = place.next) yield place
  }

  #place(agentId: AgentId): Place {
    const place = this.#places.get(agentId)
    assert(place !== undefined, 'only members of the ring are named')
    return place
  }
}

function alone(agentId: AgentId, at: number): Place {
  const place = { agentId, place: at } as Place
  join(place, place)
  return place
}

function join(left: Place, right: Place): void {
  left.next = right
  right.previous = left
}

function link(from: Place, to: Place): Link {
  return { from: from.agentId, to: to.agentId }
}
