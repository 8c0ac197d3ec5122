import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawNormal } from '#domain/intelligence/learning/estimates/gamma.ts'
import {
  gossipRound,
  gossipStep,
  messagesOfRound,
  metropolisWeight,
  type NeighboursOf,
} from '#domain/intelligence/learning/gossip/metropolis.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { createTopology } from '#domain/topology/create-topology.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

const RING = { kind: 'ring', direction: 'two_way' } as const
const TREE = { kind: 'hierarchical', branching: 3 } as const
const MESH = { kind: 'mesh' } as const

function membersOf(settings: TopologySettings, size: number): NeighboursOf {
  const topology = createTopology(settings)
  const members = Array.from({ length: size }, (_, index) => agentId(`a${index}`))
  for (const member of members) topology.add(member)
  return new Map(members.map((member) => [member, topology.neighbours(member)]))
}

function roundsUntilClose(neighboursOf: NeighboursOf, random: SeededRandom): number {
  let values: ReadonlyMap<AgentId, Float64Array> = new Map(
    [...neighboursOf.keys()].map((member) => [member, Float64Array.of(drawNormal(random))]),
  )
  const mean = meanOf(values)
  const first = errorOf(values, mean)
  let rounds = 0
  while (errorOf(values, mean) > 1e-3 * first) {
    values = gossipRound(values, neighboursOf)
    rounds += 1
  }
  return rounds
}

const meanOf = (values: ReadonlyMap<AgentId, Float64Array>): number =>
  [...values.values()].reduce((sum, [value = 0]) => sum + value, 0) / values.size
const errorOf = (values: ReadonlyMap<AgentId, Float64Array>, mean: number): number =>
  Math.max(...[...values.values()].map(([value = 0]) => Math.abs(value - mean)))

describe('gossip averaging', () => {
  it.each([
    [RING, 10, 42],
    [TREE, 10, 107],
    [MESH, 10, 1],
  ] as const)(
    'takes as many rounds as the links of %o of %i members make it take',
    (settings, size, rounds) => {
      const random = new SeededRandom(1)
      const found = Array.from({ length: 60 }, () => roundsUntilClose(membersOf(settings, size), random))
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length
      expect(mean).toBeGreaterThanOrEqual(0.85 * rounds)
      expect(mean).toBeLessThanOrEqual(1.15 * rounds)
    },
  )

  it('sends one message along each link in each direction', () => {
    expect(messagesOfRound(membersOf(RING, 10))).toBe(20)
    expect(messagesOfRound(membersOf(TREE, 10))).toBe(18)
    expect(messagesOfRound(membersOf(MESH, 10))).toBe(90)
  })

  it('keeps the mean and never widens the range', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: 3, maxLength: 12 })
    fc.assert(
      fc.property(fc.constantFrom<TopologySettings>(RING, TREE, MESH), values, (settings, entries) => {
        const neighboursOf = membersOf(settings, entries.length)
        const before = new Map([...neighboursOf.keys()].map((m, i) => [m, Float64Array.of(entries[i]!)]))
        const after = gossipRound(before, neighboursOf)
        expect(Math.abs(meanOf(after) - meanOf(before))).toBeLessThanOrEqual(1e-9)
        for (const [value = Number.NaN] of after.values()) {
          expect(value).toBeLessThanOrEqual(Math.max(...entries) + 1e-9)
          expect(value).toBeGreaterThanOrEqual(Math.min(...entries) - 1e-9)
        }
      }),
    )
  })

  it('weighs a neighbour by the larger degree of the two', () => {
    expect(metropolisWeight(2, 3)).toBe(metropolisWeight(3, 2))
    const own = Float64Array.of(0)
    expect([...gossipStep(own, [{ vector: Float64Array.of(4), degree: 3 }])]).toEqual([1])
  })
})
