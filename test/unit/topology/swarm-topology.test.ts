import { describe, expect, it } from 'vitest'
import { type AgentId, monotonicMs } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { EMPTY_MESH, SwarmTopology } from '#domain/topology/swarm-topology.ts'
import { viewTopology } from '#domain/topology/topology-view.ts'
import { agents } from './ids.ts'

const [a, b, c, d, e] = agents('a b c d e') as [AgentId, AgentId, AgentId, AgentId, AgentId]
const OPTIONS = { halfLifeMs: 60_000, tiesMax: 1_000 }
const at = monotonicMs(0)
const RING: TopologySettings = { kind: 'ring', direction: 'two_way' }
const TREE: TopologySettings = { kind: 'hierarchical', branching: 2 }

function swarmOf(settings: TopologySettings, members: readonly AgentId[]): SwarmTopology {
  const topology = new SwarmTopology(OPTIONS, { ...EMPTY_MESH, settings })
  for (const agentId of members) topology.join(agentId)
  return topology
}

/** A message that is accepted. */
function send(topology: SwarmTopology, from: AgentId, to: AgentId): void {
  topology.carried('direct', topology.shape.path(from, to), at)
}

describe('the version', () => {
  it('rises with each change and with nothing else', () => {
    const topology = swarmOf(TREE, [a, b])
    expect(topology.version).toBe(2)
    expect(topology.join(a)).toBeUndefined()
    expect(topology.remove(c, 'left')).toBeUndefined()
    expect(topology.lead(c)).toBeUndefined()
    expect(topology.loseLeader()).toBeUndefined()
    send(topology, a, b)
    expect(topology.version).toBe(2)
    expect(topology.lead(b)?.version).toBe(3)
    expect(topology.lead(b)).toBeUndefined()
    expect(topology.switchTo(RING).version).toBe(4)
    expect(topology.remove(a, 'died')?.version).toBe(5)
    expect(topology.route(b, b)).toEqual({ isAllowed: true, path: [b], hops: 0, topologyVersion: 5 })
  })
})

describe('a route', () => {
  it('is refused where one end is no member, with the reason', () => {
    const topology = swarmOf(RING, [a, b])
    expect(topology.route(c, a)).toEqual({
      isAllowed: false,
      reason: 'sender_not_member',
      topologyVersion: 2,
    })
    expect(topology.route(a, c)).toMatchObject({
      isAllowed: false,
      reason: 'receiver_not_member',
    })
    expect(topology.carryToAll('broadcast', c)).toBeUndefined()
    expect(topology.cost()).toEqual([])
  })

  it('stays as it was given when the topology changes under it', () => {
    const topology = swarmOf(RING, [a, b, c, d, e])
    const route = topology.route(a, c)
    topology.remove(b, 'died')
    expect(route).toMatchObject({ path: [a, b, c], topologyVersion: 5 })
    expect(topology.route(a, c)).toMatchObject({ path: [a, c], topologyVersion: 6 })
  })
})

describe('the leader', () => {
  it('is the root of the tree, and stays it through a switch', () => {
    const topology = swarmOf(RING, [a, b, c, d, e])
    topology.lead(d)
    topology.switchTo(TREE)
    expect(topology.shape.levels()[0]).toEqual([d])
    expect(topology.leaderId).toBe(d)
  })

  it('is nobody after it died, though the tree keeps a root until the next is elected', () => {
    const topology = swarmOf(TREE, [a, b, c, d, e])
    topology.lead(c)
    expect(topology.remove(c, 'died')).toMatchObject({ cause: 'died', agentId: c })
    expect(topology.leaderId).toBeUndefined()
    expect(topology.shape.levels()[0]).toEqual([e])
    expect(topology.lead(d)).toMatchObject({ cause: 'leader_elected', agentId: d })
    expect(topology.shape.levels()[0]).toEqual([d])
  })

  it('can be lost without leaving', () => {
    const topology = swarmOf(TREE, [a, b])
    topology.lead(b)
    expect(topology.loseLeader()).toMatchObject({
      cause: 'leader_lost',
      agentId: b,
      linked: [],
      unlinked: [],
    })
    expect(topology.leaderId).toBeUndefined()
    expect(topology.shape.levels()[0]).toEqual([b])
  })
})

describe('a switch', () => {
  it.each<[string, TopologySettings]>([
    ['mesh', { kind: 'mesh' }],
    ['tree', TREE],
    ['ring', RING],
  ])('to a %s keeps the members and forgets the ties of the mesh', (_name, settings) => {
    const topology = swarmOf({ kind: 'mesh' }, [a, b, c])
    send(topology, a, b)
    expect(topology.switchTo(settings)).toMatchObject({ cause: 'switched', settings })
    expect([...topology.shape.members()]).toEqual([a, b, c])
    expect(topology.ties(at)).toHaveLength(settings.kind === 'mesh' ? 1 : 0)
  })
})

describe('the cost', () => {
  it('counts messages and hops per kind of topology and traffic', () => {
    const topology = swarmOf(RING, [a, b, c, d, e])
    send(topology, a, c)
    send(topology, a, b)
    expect(topology.carryToAll('broadcast', a)).toEqual({ hops: 4, rounds: 2 })
    topology.switchTo({ kind: 'mesh' })
    send(topology, a, c)
    expect(topology.cost()).toEqual([
      { topology: 'ring', traffic: 'direct', messages: 2, hops: 3 },
      { topology: 'ring', traffic: 'broadcast', messages: 1, hops: 4 },
      { topology: 'mesh', traffic: 'direct', messages: 1, hops: 1 },
    ])
  })
})

describe('the places of the members', () => {
  it.each<TopologySettings>([{ kind: 'mesh' }, TREE, RING])(
    'build an equal topology again, which goes on in the same way: $kind',
    (settings) => {
      const topology = swarmOf(settings, [a, b, c, d])
      topology.lead(c)
      topology.remove(a, 'left')
      const { version, shape } = topology
      const members = Array.from(shape.members(), (agentId) => ({ agentId, place: shape.placeOf(agentId) }))
      const again = new SwarmTopology(OPTIONS, { settings, version, leaderId: c, members })
      for (const one of [topology, again]) {
        one.join(e)
        one.remove(b, 'died')
      }
      expect(viewTopology(again, at, 10)).toEqual(viewTopology(topology, at, 10))
      expect(again.shape.placeOf(e)).toBe(topology.shape.placeOf(e))
    },
  )
})

describe('the view', () => {
  it('shows a tree with levels, parents and reporting chains', () => {
    const topology = swarmOf(TREE, [a, b, c, d])
    topology.lead(a)
    const view = viewTopology(topology, at, 10)
    expect(view).toMatchObject({
      kind: 'hierarchical',
      version: 5,
      leaderId: a,
      branching: 2,
      direction: null,
      edgeCount: 3,
      levels: [[a], [b, c], [d]],
      reportingChains: { b: [a], c: [a], d: [b, a] },
    })
    expect(view.nodes[3]).toEqual({ agentId: d, level: 2, parentId: b, isLeader: false })
    expect(view.edges[2]).toEqual({ from: b, to: d, strength: null })
    expect(JSON.parse(JSON.stringify(view))).toEqual(view)
  })

  it('shows the strongest ties of a mesh and counts all its edges', () => {
    const topology = swarmOf({ kind: 'mesh' }, [a, b, c, d])
    send(topology, a, b)
    send(topology, c, b)
    send(topology, b, c)
    const view = viewTopology(topology, at, 1)
    expect(view.edges).toEqual([{ from: c, to: b, strength: 2 }])
    expect(view).toMatchObject({ edgeCount: 6, levels: [[a, b, c, d]], reportingChains: {}, leaderId: null })
  })
})
