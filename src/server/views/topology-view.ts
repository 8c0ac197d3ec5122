import type { TopologyView as WireTopologyView } from '#contract/topology.ts'
import type { TopologyView } from '#domain/topology/topology-view.ts'

export function topologyView(view: TopologyView): WireTopologyView {
  const { nodes, edges, levels, reportingChains, cost } = view
  return {
    ...view,
    nodes: [...nodes],
    edges: [...edges],
    levels: levels.map((level) => [...level]),
    reportingChains: Object.fromEntries(
      Object.entries(reportingChains).map(([agentId, chain]) => [agentId, [...chain]]),
    ),
    cost: [...cost],
  }
}
