import { expect, it } from 'vitest'
import type { AgentId } from '#domain/model/ids.ts'
import { RingTopology } from '#domain/topology/ring-topology.ts'
import { agents } from './ids.ts'

const [a, b, c, d, e, f] = agents('a b c d e f') as [AgentId, AgentId, AgentId, AgentId, AgentId, AgentId]

function ringOf(names: string, direction: 'one_way' | 'two_way' = 'two_way'): RingTopology {
  const ring = new RingTopology(direction)
  for (const agentId of agents(names)) ring.add(agentId)
  return ring
}

it('takes the shorter way round and says so in the path', () => {
  const ring = ringOf('a b c d e')
  expect(ring.path(a, c)).toEqual([a, b, c])
  expect(ring.path(a, d)).toEqual([a, e, d])
})

it('goes along its order where both ways are equally short', () => {
  const ring = ringOf('a b c d')
  expect(ring.path(a, c)).toEqual([a, b, c])
  expect(ring.path(c, a)).toEqual([c, d, a])
})

it('goes the long way round where it is one-way', () => {
  const ring = ringOf('a b c d', 'one_way')
  expect(ring.path(b, a)).toEqual([b, c, d, a])
  expect(ring.neighbours(a)).toEqual([b])
})

it('splices a newcomer in behind the last and closes the gap of one that leaves', () => {
  const ring = ringOf('a b c')
  expect(ring.add(d)).toEqual({
    linked: [
      { from: c, to: d },
      { from: d, to: a },
    ],
    unlinked: [{ from: c, to: a }],
    moved: [d],
  })
  expect(ring.remove(a)).toEqual({
    linked: [{ from: d, to: b }],
    unlinked: [
      { from: d, to: a },
      { from: a, to: b },
    ],
    moved: [],
  })
  expect([...ring.members()]).toEqual([b, c, d])
})

it('links two members both ways, a single one with nobody, and none when all are gone', () => {
  const ring = ringOf('a b')
  expect([...ring.links()]).toEqual([
    { from: a, to: b },
    { from: b, to: a },
  ])
  expect(ring.neighbours(a)).toEqual([b])
  ring.remove(b)
  expect([[...ring.links()], ring.neighbours(a), ring.path(a, a)]).toEqual([[], [], [a]])
  ring.remove(a)
  expect([[...ring.members()], ring.levels(), ring.spread()]).toEqual([[], [], { hops: 0, rounds: 0 }])
})

it('passes a pipeline from stage to stage in its order, without the stage that died', () => {
  const ring = ringOf('a b c d e f')
  expect(ring.stageOrder(c)).toEqual([c, d, e, f, a, b])
  ring.remove(e)
  expect(ring.stageOrder(c)).toEqual([c, d, f, a, b])
})

it('has nobody above or below anybody', () => {
  const ring = ringOf('a b c')
  expect(ring.levels()).toEqual([[a, b, c]])
  expect([ring.parentOf(), ring.childrenOf(), ring.reportingChain()]).toEqual([undefined, [], []])
})
