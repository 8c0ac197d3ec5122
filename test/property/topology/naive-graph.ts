import type { AgentId } from '#domain/model/ids.ts'
import type { Link, Repair } from '#domain/topology/topology.ts'

/** Links as a plain set, kept up to date from the repairs alone; paths by breadth-first search. */
export class NaiveGraph {
  readonly links = new Set<string>()
  readonly #neighbours = new Map<AgentId, Set<AgentId>>()
  readonly #isDirected: boolean

  constructor({ isDirected }: { readonly isDirected: boolean }) {
    this.#isDirected = isDirected
  }

  apply({ linked, unlinked }: Repair): void {
    for (const link of unlinked) this.#unlink(link)
    for (const link of linked) this.#link(link)
  }

  /** Hops from one member to every member it can reach. */
  distancesFrom(from: AgentId): ReadonlyMap<AgentId, number> {
    const distances = new Map([[from, 0]])
    for (const [agentId, hops] of distances) {
      for (const next of this.#neighbours.get(agentId) ?? []) {
        if (!distances.has(next)) distances.set(next, hops + 1)
      }
    }
    return distances
  }

  hasHop(from: AgentId, to: AgentId): boolean {
    return this.#neighbours.get(from)?.has(to) === true
  }

  #link({ from, to }: Link): void {
    const name = `${from}>${to}`
    if (this.links.has(name)) throw new Error(`linked twice: ${name}`)
    this.links.add(name)
    this.#arc(from).add(to)
    if (!this.#isDirected) this.#arc(to).add(from)
  }

  #unlink({ from, to }: Link): void {
    const name = `${from}>${to}`
    if (!this.links.delete(name)) throw new Error(`unlinked what was not linked: ${name}`)
    // In a ring of two the other link keeps the hop.
    if (this.#isDirected) this.#arc(from).delete(to)
    else if (!this.links.has(`${to}>${from}`)) {
      this.#arc(from).delete(to)
      this.#arc(to).delete(from)
    }
  }

  #arc(agentId: AgentId): Set<AgentId> {
    let arc = this.#neighbours.get(agentId)
    if (arc === undefined) {
      arc = new Set()
      this.#neighbours.set(agentId, arc)
    }
    return arc
  }
}
