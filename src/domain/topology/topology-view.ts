import type { AgentId, MonotonicMs } from '../model/ids.ts'
import type { RingDirection, TopologyKind } from '../model/topology-settings.ts'
import type { CostRow } from './communication-cost.ts'
import type { SwarmTopology } from './swarm-topology.ts'

export interface TopologyNode {
  readonly agentId: AgentId
  /** 0 for the root, and for everybody where there is no hierarchy. */
  readonly level: number
  readonly parentId: AgentId | null
  readonly isLeader: boolean
}

export interface TopologyEdge {
  readonly from: AgentId
  readonly to: AgentId
  /** Of a mesh edge, by its use; null where use does not count. */
  readonly strength: number | null
}

/** Everything about a topology as plain JSON data. */
export interface TopologyView {
  readonly kind: TopologyKind
  readonly version: number
  readonly leaderId: AgentId | null
  readonly branching: number | null
  readonly direction: RingDirection | null
  readonly nodes: readonly TopologyNode[]
  /** All there are in a tree or ring; in a mesh the strongest of those that were used. */
  readonly edges: readonly TopologyEdge[]
  /** How many edges messages may take. */
  readonly edgeCount: number
  readonly levels: readonly (readonly AgentId[])[]
  /** Each member's managers, nearest first; only members that have one. */
  readonly reportingChains: Readonly<Record<AgentId, readonly AgentId[]>>
  readonly cost: readonly CostRow[]
}

/** @param tiesMax most mesh edges to list */
export function viewTopology(topology: SwarmTopology, at: MonotonicMs, tiesMax: number): TopologyView {
  const { shape, version, leaderId } = topology
  const { settings } = shape
  const levels = shape.levels()
  const edges = listEdges(topology, at, tiesMax)
  const chains = [...shape.members()].map((agentId) => [agentId, shape.reportingChain(agentId)] as const)
  return {
    kind: settings.kind,
    version,
    leaderId: leaderId ?? null,
    branching: settings.kind === 'hierarchical' ? settings.branching : null,
    direction: settings.kind === 'ring' ? settings.direction : null,
    nodes: levels.flatMap((members, level) =>
      members.map((agentId) => ({
        agentId,
        level,
        parentId: shape.parentOf(agentId) ?? null,
        isLeader: agentId === leaderId,
      })),
    ),
    edges,
    edgeCount: settings.kind === 'mesh' ? (shape.size * (shape.size - 1)) / 2 : edges.length,
    levels,
    reportingChains: Object.fromEntries(chains.filter(([, chain]) => chain.length > 0)),
    cost: topology.cost(),
  }
}

function listEdges(topology: SwarmTopology, at: MonotonicMs, tiesMax: number): readonly TopologyEdge[] {
  if (topology.shape.settings.kind === 'mesh') return topology.ties(at).slice(0, tiesMax)
  return Array.from(topology.shape.links(), (link) => ({ ...link, strength: null }))
}
