import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentId } from '#domain/model/ids.ts'
import type { Topology } from '#domain/topology/topology.ts'
import { liveRandomly, SIZES } from './random-life.ts'

const RUNS = { numRuns: 8 }

describe.each([2, 3, 7])('a tree of %i', (branching) => {
  it.each(SIZES)('is as low as it can be and under its leader, whatever happened to %i members', (size) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const leadersBelow: AgentId[] = []
        const { topology, joined } = liveRandomly({
          seed,
          settings: { kind: 'hierarchical', branching },
          size,
          steps: 1_000,
          afterEach(_change, { topology: { leaderId, shape } }) {
            if (leaderId !== undefined && shape.parentOf(leaderId) !== undefined) leadersBelow.push(leaderId)
          },
        })
        const { shape } = topology
        expect(leadersBelow).toEqual([])
        expect(new Set(shape.members())).toEqual(new Set(joined))
        expect(treeFaults(shape, branching)).toEqual([])
      }),
      RUNS,
    )
  })
})

describe('a ring', () => {
  it.each(SIZES)('keeps the order of joining, whatever happened to %i members', (size) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { topology, joined, random } = liveRandomly({
          seed,
          settings: { kind: 'ring', direction: 'two_way' },
          size,
          steps: 1_000,
          afterEach: () => undefined,
        })
        expect([...topology.shape.members()]).toEqual(joined)
        const start = random.integer(size)
        const order = topology.shape.stageOrder(joined[start]!)
        expect(order).toEqual([...joined.slice(start), ...joined.slice(0, start)])
      }),
      RUNS,
    )
  })
})

type Shape = Pick<Topology, 'levels' | 'members' | 'parentOf' | 'childrenOf' | 'reportingChain'>

function treeFaults(shape: Shape, branching: number): readonly string[] {
  const faults: string[] = []
  const levels = shape.levels()
  for (const [depth, level] of levels.entries()) {
    // With every level full but the last, no tree of so many members and children is lower.
    const isLast = depth === levels.length - 1
    if (!isLast && level.length !== branching ** depth) faults.push(`level ${depth} has ${level.length}`)
    for (const agentId of level) {
      const chain = shape.reportingChain(agentId)
      if (chain.length !== depth) faults.push(`${agentId} on level ${depth} reports to ${chain.join(' ')}`)
      if (chain.at(0) !== shape.parentOf(agentId)) faults.push(`${agentId} does not report to its parent`)
      const children = shape.childrenOf(agentId)
      if (children.length > branching) faults.push(`${agentId} has ${children.length} children`)
      if (children.some((child) => shape.parentOf(child) !== agentId)) faults.push(`${agentId} lost a child`)
    }
  }
  return faults
}
