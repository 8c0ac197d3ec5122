/** A weighted graph of numbered nodes; a node's own weight is twice that of its inner edges. */
interface Graph {
  readonly neighbours: readonly ReadonlyMap<number, number>[]
  readonly degrees: readonly number[]
  /** Twice the weight of all edges. */
  readonly total: number
}

const LEVELS_MAX = 10
const PASSES_MAX = 20

/**
 * Communities of the agents in these ties, by Louvain's method (V. Blondel, J.-L. Guillaume, R. Lambiotte and E. Lefebvre,
 * "Fast unfolding of communities in large networks", J. Stat. Mech. 2008). Nodes are visited in a fixed order, so equal
 * ties give equal communities.
 *
 * @returns the number of each agent's community, from 0
 */
export function communitiesOf(ties: readonly (readonly [string, string])[]): Map<string, number> {
  const agents = [...new Set(ties.flat())]
  const numberOf = new Map(agents.map((agentId, index) => [agentId, index]))
  let graph = graphOf(
    ties.map(([a, b]) => [numberOf.get(a) ?? 0, numberOf.get(b) ?? 0] as const),
    agents.length,
  )
  let membership = agents.map((_, index) => index)
  for (let level = 0; level < LEVELS_MAX; level++) {
    const { communities, isChanged } = moveNodes(graph)
    if (!isChanged) break
    const { compact, size } = renumber(communities)
    membership = membership.map((node) => compact[node] ?? 0)
    graph = aggregate(graph, compact, size)
  }
  return new Map(agents.map((agentId, index) => [agentId, membership[index] ?? 0]))
}

function graphOf(edges: readonly (readonly [number, number])[], size: number): Graph {
  const neighbours = Array.from({ length: size }, () => new Map<number, number>())
  for (const [a, b] of edges) {
    addWeight(neighbours, a, b, 1)
    addWeight(neighbours, b, a, 1)
  }
  return withDegrees(neighbours)
}

function addWeight(
  neighbours: readonly Map<number, number>[],
  from: number,
  to: number,
  weight: number,
): void {
  neighbours[from]?.set(to, (neighbours[from].get(to) ?? 0) + weight)
}

function withDegrees(neighbours: readonly ReadonlyMap<number, number>[]): Graph {
  const degrees = neighbours.map((weights) => [...weights.values()].reduce((sum, weight) => sum + weight, 0))
  return { neighbours, degrees, total: degrees.reduce((sum, degree) => sum + degree, 0) }
}

/** Phase 1: each node joins the neighbouring community that raises modularity most, until none moves. */
function moveNodes(graph: Graph): { communities: number[]; isChanged: boolean } {
  const communities = graph.degrees.map((_, node) => node)
  const totals = [...graph.degrees]
  let isChanged = false
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let moved = 0
    for (const [node, degree] of graph.degrees.entries()) {
      const home = communities[node] ?? node
      totals[home] = (totals[home] ?? 0) - degree
      const best = bestCommunity(graph, communities, totals, node)
      totals[best] = (totals[best] ?? 0) + degree
      communities[node] = best
      if (best !== home) moved += 1
    }
    if (moved === 0) break
    isChanged = true
  }
  return { communities, isChanged }
}

function bestCommunity(
  { neighbours, degrees, total }: Graph,
  communities: readonly number[],
  totals: readonly number[],
  node: number,
): number {
  const links = new Map<number, number>([[communities[node] ?? node, 0]])
  for (const [other, weight] of neighbours[node] ?? []) {
    const community = communities[other] ?? other
    if (other !== node) links.set(community, (links.get(community) ?? 0) + weight)
  }
  // Gain of modularity, without the factor and the term that are the same for every community.
  const gain = (community: number) =>
    (links.get(community) ?? 0) - ((totals[community] ?? 0) * (degrees[node] ?? 0)) / total
  let best = communities[node] ?? node
  for (const community of links.keys()) if (gain(community) > gain(best) + 1e-9) best = community
  return best
}

function renumber(communities: readonly number[]): { compact: number[]; size: number } {
  const numbers = new Map<number, number>()
  for (const community of communities) if (!numbers.has(community)) numbers.set(community, numbers.size)
  return { compact: communities.map((community) => numbers.get(community) ?? 0), size: numbers.size }
}

/** Phase 2: each community becomes one node. */
function aggregate(graph: Graph, communities: readonly number[], size: number): Graph {
  const neighbours = Array.from({ length: size }, () => new Map<number, number>())
  for (const [node, weights] of graph.neighbours.entries()) {
    for (const [other, weight] of weights) {
      addWeight(neighbours, communities[node] ?? 0, communities[other] ?? 0, weight)
    }
  }
  return withDegrees(neighbours)
}
