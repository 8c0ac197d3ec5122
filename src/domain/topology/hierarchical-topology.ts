import { assert } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'
import { type Link, NOTHING_REPAIRED, type Repair, type Spread, type Topology } from './topology.ts'

export const BRANCHING_MIN = 2
export const BRANCHING_MAX = 64

/**
 * A tree that is full on every level but the last, filled from the left. It is kept as one list, level by level: the
 * parent of place i is place (i - 1) / branching. So it is always as low as it can be, and a repair moves one member
 * only: whoever stands last takes the place that fell empty, and the children of that place report to it.
 */
export class HierarchicalTopology implements Topology {
  readonly settings: { readonly kind: 'hierarchical'; readonly branching: number }
  readonly #branching: number
  readonly #order: AgentId[] = []
  readonly #places = new Map<AgentId, number>()

  constructor(branching: number) {
    assert(
      Number.isInteger(branching) && branching >= BRANCHING_MIN && branching <= BRANCHING_MAX,
      'the branching of a tree is checked where it comes in',
    )
    this.settings = { kind: 'hierarchical', branching }
    this.#branching = branching
  }

  get size(): number {
    return this.#order.length
  }

  has(agentId: AgentId): boolean {
    return this.#places.has(agentId)
  }

  members(): Iterable<AgentId> {
    return this.#order.values()
  }

  placeOf(agentId: AgentId): number {
    return this.#place(agentId)
  }

  /** Takes the next place of the lowest level. */
  add(agentId: AgentId): Repair {
    assert(!this.has(agentId), 'a newcomer is no member of the tree yet')
    this.#put(this.#order.length, agentId)
    return { linked: this.#linksAround([this.#order.length - 1]), unlinked: [], moved: [agentId] }
  }

  remove(agentId: AgentId): Repair {
    const place = this.#place(agentId)
    const lastPlace = this.#order.length - 1
    const unlinked = this.#linksAround([place, lastPlace])
    const last = this.#at(lastPlace)
    this.#order.pop()
    this.#places.delete(agentId)
    if (place === lastPlace) return { linked: [], unlinked, moved: [] }
    this.#put(place, last)
    return { linked: this.#linksAround([place]), unlinked, moved: [last] }
  }

  /** Swaps the member with the root, so that two members move and no more. */
  lead(agentId: AgentId): Repair {
    const place = this.#place(agentId)
    if (place === 0) return NOTHING_REPAIRED
    const unlinked = this.#linksAround([0, place])
    const before = this.#at(0)
    this.#put(place, before)
    this.#put(0, agentId)
    return { linked: this.#linksAround([0, place]), unlinked, moved: [agentId, before] }
  }

  /** Up to the nearest common manager and down again. A parent always stands before its children. */
  path(from: AgentId, to: AgentId): readonly AgentId[] {
    let up = this.#place(from)
    let down = this.#place(to)
    const ascent = [from]
    const descent: AgentId[] = []
    while (up !== down) {
      if (up > down) {
        up = this.#parentPlace(up)
        ascent.push(this.#at(up))
      } else {
        descent.push(this.#at(down))
        down = this.#parentPlace(down)
      }
    }
    return [...ascent, ...descent.toReversed()]
  }

  neighbours(agentId: AgentId): readonly AgentId[] {
    const parent = this.parentOf(agentId)
    const children = this.childrenOf(agentId)
    return parent === undefined ? children : [parent, ...children]
  }

  *links(): Iterable<Link> {
    for (let place = 1; place < this.#order.length; place += 1) yield this.#linkAbove(place)
  }

  spread(from: AgentId): Spread {
    const distances = this.#order.map(() => -1)
    let place = this.#place(from)
    distances[place] = 0
    for (let hops = 1; place > 0; hops += 1) {
      place = this.#parentPlace(place)
      distances[place] = hops
    }
    let rounds = 0
    for (let i = 0; i < distances.length; i += 1) {
      if (distances[i] === -1) distances[i] = (distances[this.#parentPlace(i)] ?? 0) + 1
      rounds = Math.max(rounds, distances[i] ?? 0)
    }
    return { hops: this.#order.length - 1, rounds }
  }

  stageOrder(first: AgentId): readonly AgentId[] {
    const start = this.#place(first)
    return [...this.#order.slice(start), ...this.#order.slice(0, start)]
  }

  levels(): readonly (readonly AgentId[])[] {
    const levels: AgentId[][] = []
    for (let start = 0, width = 1; start < this.#order.length; start += width, width *= this.#branching) {
      // `start` moves on by the width of the level before `width` grows to that of the next.
      levels.push(this.#order.slice(start, start + width))
    }
    return levels
  }

  parentOf(agentId: AgentId): AgentId | undefined {
    const place = this.#place(agentId)
    return place === 0 ? undefined : this.#at(this.#parentPlace(place))
  }

  childrenOf(agentId: AgentId): readonly AgentId[] {
    const first = this.#firstChildPlace(this.#place(agentId))
    return this.#order.slice(first, first + this.#branching)
  }

  reportingChain(agentId: AgentId): readonly AgentId[] {
    const chain: AgentId[] = []
    for (let place = this.#place(agentId); place > 0; ) {
      place = this.#parentPlace(place)
      chain.push(this.#at(place))
    }
    return chain
  }

  /** Every link that ends at one of the places, each once. */
  #linksAround(places: readonly number[]): readonly Link[] {
    const ends = new Set<number>()
    for (const place of places) {
      if (place > 0) ends.add(place)
      const first = this.#firstChildPlace(place)
      const stop = Math.min(first + this.#branching, this.#order.length)
      for (let child = first; child < stop; child += 1) ends.add(child)
    }
    return [...ends].map((place) => this.#linkAbove(place))
  }

  #linkAbove(place: number): Link {
    return { from: this.#at(this.#parentPlace(place)), to: this.#at(place) }
  }

  #parentPlace(place: number): number {
    return Math.floor((place - 1) / this.#branching)
  }

  #firstChildPlace(place: number): number {
    return place * this.#branching + 1
  }

  #put(place: number, agentId: AgentId): void {
    this.#order[place] = agentId
    this.#places.set(agentId, place)
  }

  #at(place: number): AgentId {
    const agentId = this.#order[place]
    assert(agentId !== undefined, 'every place of the tree up to the last is taken')
    return agentId
  }

  #place(agentId: AgentId): number {
    const place = this.#places.get(agentId)
    assert(place !== undefined, 'only members of the tree are named')
    return place
  }
}
