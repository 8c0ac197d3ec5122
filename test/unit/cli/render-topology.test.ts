import { describe, expect, it } from 'vitest'
import { renderTopology } from '#cli/output/render-topology.ts'
import { agentId, monotonicMs } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { SwarmTopology } from '#domain/topology/swarm-topology.ts'
import { viewTopology } from '#domain/topology/topology-view.ts'
import { topologyView } from '#server/views/topology-view.ts'

function rendered(settings: TopologySettings, count: number): string {
  const members = Array.from({ length: count }, (_, place) => ({
    agentId: agentId(`agent-${place + 1}`),
    place,
  }))
  const snapshot = { settings, version: 7, leaderId: members[0]?.agentId ?? null, members }
  const topology = new SwarmTopology({ halfLifeMs: 1_000, tiesMax: 10 }, snapshot)
  if (count > 1)
    topology.carried('direct', topology.shape.path(agentId('agent-1'), agentId('agent-2')), monotonicMs(0))
  return renderTopology(topologyView(viewTopology(topology, monotonicMs(0), 10)))
}

describe('a topology on the terminal', () => {
  it('shows a tree as a tree', () => {
    expect(rendered({ kind: 'hierarchical', branching: 2 }, 5)).toBe(
      [
        'hierarchical, 5 agents, 4 edges, led by agent-1, version 7',
        '',
        'agent-1',
        '├─ agent-2',
        '│  ├─ agent-4',
        '│  └─ agent-5',
        '└─ agent-3',
        '',
        'TRAFFIC  IN            MESSAGES  HOPS',
        'direct   hierarchical         1     1',
      ].join('\n'),
    )
  })

  it('shows a ring that closes, and a mesh by its ties', () => {
    expect(rendered({ kind: 'ring', direction: 'one_way' }, 3)).toContain(
      'agent-1 → agent-2 → agent-3 → agent-1',
    )
    expect(rendered({ kind: 'mesh' }, 3)).toContain('agent-1 — agent-2  1.00')
  })

  it('says how many more there are, and copes with none', () => {
    expect(rendered({ kind: 'hierarchical', branching: 64 }, 60)).toContain('… 10 more')
    expect(rendered({ kind: 'ring', direction: 'two_way' }, 0)).toContain(
      'ring, 0 agents, 0 edges, no leader',
    )
  })
})
