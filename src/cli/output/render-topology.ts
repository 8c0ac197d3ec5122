import type { TopologyView } from '#contract/index.ts'
import { renderTable } from './table.ts'

/** Members and edges listed before the rest is only counted. */
const LINES_MAX = 50

/** A topology as people read it: a tree as a tree, a ring as a ring, a mesh by its strongest ties. */
export function renderTopology(view: TopologyView): string {
  const { kind, version, nodes, leaderId, edgeCount, cost } = view
  const leader = leaderId === null ? 'no leader' : `led by ${leaderId}`
  const title = `${kind}, ${nodes.length} agents, ${edgeCount} edges, ${leader}, version ${version}`
  const parts = [title, ...(nodes.length === 0 ? [] : [shapeOf(view)])]
  if (cost.length > 0) {
    parts.push(
      renderTable(
        [
          { title: 'TRAFFIC', value: ({ traffic }) => traffic },
          { title: 'IN', value: ({ topology }) => topology },
          { title: 'MESSAGES', align: 'right', value: ({ messages }) => String(messages) },
          { title: 'HOPS', align: 'right', value: ({ hops }) => String(hops) },
        ],
        cost,
      ),
    )
  }
  return parts.join('\n\n')
}

function shapeOf(view: TopologyView): string {
  if (view.kind === 'hierarchical') return clipped(treeLines(view))
  const members = view.nodes.map(({ agentId }) => agentId)
  if (view.kind === 'ring') {
    const arrow = view.direction === 'one_way' ? ' → ' : ' ↔ '
    const shown = members.slice(0, LINES_MAX)
    const rest = members.length > LINES_MAX ? [`… ${members.length - LINES_MAX} more`] : []
    return [...shown, ...rest, members[0] ?? ''].join(arrow)
  }
  if (view.edges.length === 0) return clipped(members)
  return clipped(view.edges.map(({ from, to, strength }) => `${from} — ${to}  ${(strength ?? 0).toFixed(2)}`))
}

function treeLines({ nodes }: TopologyView): readonly string[] {
  const children = new Map<string | null, string[]>()
  for (const { agentId, parentId } of nodes)
    children.set(parentId, [...(children.get(parentId) ?? []), agentId])
  const lines: string[] = []
  const walk = (agentId: string, lead: string, below: string): void => {
    lines.push(lead + agentId)
    const own = children.get(agentId) ?? []
    for (const [index, child] of own.entries()) {
      const isLast = index === own.length - 1
      walk(child, `${below}${isLast ? '└─ ' : '├─ '}`, `${below}${isLast ? '   ' : '│  '}`)
    }
  }
  for (const root of children.get(null) ?? []) walk(root, '', '')
  return lines
}

function clipped(lines: readonly string[]): string {
  if (lines.length <= LINES_MAX) return lines.join('\n')
  return [...lines.slice(0, LINES_MAX), `… ${lines.length - LINES_MAX} more`].join('\n')
}
