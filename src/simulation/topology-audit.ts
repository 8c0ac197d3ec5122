import { AGENT_RECORDS, type AgentRecord } from '#domain/model/agent-record.ts'
import type { TopologyView } from '#domain/topology/topology-view.ts'
import type { KeptScope } from './memory/memory-medium.ts'

/** What is wrong with the topology of a swarm that has come to rest; undefined where nothing is. */
export function topologyDefect(view: TopologyView, kept: KeptScope): string | undefined {
  const members = view.nodes.map(({ agentId }) => agentId).toSorted()
  const present = agentsIn(kept)
    .filter(({ status }) => status !== 'offline')
    .map(({ agentId }) => agentId)
    .toSorted()
  if (members.join() !== present.join())
    return `the topology has ${members.join()}, here are ${present.join()}`
  const reachable = reachableIn(view)
  return reachable < members.length
    ? `only ${reachable} of ${members.length} can be reached`
    : shapeDefect(view)
}

function shapeDefect({ kind, branching, nodes, edges }: TopologyView): string | undefined {
  const count = nodes.length
  if (kind === 'hierarchical') {
    if (count > 0 && edges.length !== count - 1) return `a tree of ${count} has ${edges.length} edges`
    const most = Math.max(
      0,
      ...nodes.map(({ agentId }) => edges.filter(({ from }) => from === agentId).length),
    )
    if (most > (branching ?? 0)) return `a member has ${most} children, ${branching} at most`
  }
  const links = count < 2 ? 0 : count
  if (kind === 'ring' && edges.length !== links) return `a ring of ${count} has ${edges.length} edges`
  return undefined
}

/** Members that there is a way to from the first, along edges in either direction. */
function reachableIn({ kind, nodes, edges }: TopologyView): number {
  const [first] = nodes
  if (kind === 'mesh' || first === undefined) return nodes.length
  const seen = new Set([first.agentId])
  for (const agentId of seen) {
    for (const { from, to } of edges) {
      if (from === agentId) seen.add(to)
      if (to === agentId) seen.add(from)
    }
  }
  return seen.size
}

function agentsIn({ records }: KeptScope): readonly AgentRecord[] {
  return [...records]
    .filter(([name]) => name.startsWith('agent/'))
    .map(([id, { text }]) => AGENT_RECORDS.codec.decode(text, id))
}
