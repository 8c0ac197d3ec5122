import { drawNormal } from '#domain/intelligence/learning/estimates/gamma.ts'
import {
  gossipRound,
  messagesOfRound,
  type NeighboursOf,
} from '#domain/intelligence/learning/gossip/metropolis.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { createTopology } from '#domain/topology/create-topology.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { meanOf as meanOfNumbers, type ProtocolRequest, type ProtocolRow } from '../harness/protocol.ts'

/** By number of members: rounds on a ring, in a tree of three children, in a mesh. */
const EXPECTED: readonly (readonly [number, readonly number[]])[] = [
  [10, [42, 107, 1]],
  [32, [394, 379, 1]],
  [100, [3_708, 1_089, 1]],
]
const TOPOLOGIES: readonly TopologySettings[] = [
  { kind: 'ring', direction: 'two_way' },
  { kind: 'hierarchical', branching: 3 },
  { kind: 'mesh' },
]
const TOLERANCE = 0.15
const ERROR_RATIO = 1e-3
const ROUNDS_MAX = 20_000
const STARTS = 5

/** Rounds and messages until gossip averaging along a topology's own edges is within 1/1000 of its first error. */
export function gossipRows({ seeds, isQuick, onProgress }: ProtocolRequest): ProtocolRow[] {
  const sizes = isQuick ? EXPECTED.slice(0, 2) : EXPECTED
  return sizes.flatMap(([size, rounds]) =>
    TOPOLOGIES.flatMap((settings, index): ProtocolRow[] => {
      onProgress(`gossip, ${settings.kind} of ${size}`)
      const expected = rounds[index] ?? 1
      const neighboursOf = membersOf(settings, size)
      const runs = seeds.map((seed) => spread(neighboursOf, seed))
      const what = `gossip, ${settings.kind} of ${size}`
      return [
        {
          what: `${what}, rounds (${messagesOfRound(neighboursOf)} messages each), at most`,
          figures: runs.map(({ rounds: count }) => count),
          bar: { is: 'at most', limit: expected * (1 + TOLERANCE) },
        },
        {
          what: `${what}, rounds, at least: a central average would need 1`,
          figures: runs.map(({ rounds: count }) => count),
          bar: { is: 'at least', limit: expected * (1 - TOLERANCE) },
        },
        {
          what: `${what}, change of the mean`,
          figures: runs.map(({ meanDrift }) => meanDrift),
          bar: { is: 'at most', limit: 1e-9, of: 'each seed' },
        },
      ]
    }),
  )
}

interface Spread {
  readonly rounds: number
  /** How far the mean of all values moved. */
  readonly meanDrift: number
}

function membersOf(settings: TopologySettings, size: number): NeighboursOf {
  const topology = createTopology(settings)
  const members = Array.from({ length: size }, (_, index) => agentId(`a${index}`))
  for (const member of members) topology.add(member)
  return new Map(members.map((member) => [member, topology.neighbours(member)]))
}

/** The mean of some starts: how long one takes depends on the values that it starts from. */
function spread(neighboursOf: NeighboursOf, seed: number): Spread {
  const random = new SeededRandom(seed)
  const starts = Array.from({ length: STARTS }, () => spreadOnce(neighboursOf, random))
  return {
    rounds: meanOfNumbers(starts.map(({ rounds }) => rounds)),
    meanDrift: Math.max(...starts.map(({ meanDrift }) => meanDrift)),
  }
}

function spreadOnce(neighboursOf: NeighboursOf, random: SeededRandom): Spread {
  let values: ReadonlyMap<AgentId, Float64Array> = new Map(
    [...neighboursOf.keys()].map((member) => [member, Float64Array.of(drawNormal(random))]),
  )
  const meanAtFirst = meanOf(values)
  const errorAtFirst = errorOf(values, meanAtFirst)
  let rounds = 0
  while (rounds < ROUNDS_MAX && errorOf(values, meanAtFirst) > ERROR_RATIO * errorAtFirst) {
    values = gossipRound(values, neighboursOf)
    rounds += 1
  }
  return { rounds, meanDrift: Math.abs(meanOf(values) - meanAtFirst) }
}

function meanOf(values: ReadonlyMap<AgentId, Float64Array>): number {
  let sum = 0
  for (const [value = 0] of values.values()) sum += value
  return sum / values.size
}

/** The largest distance to the mean. */
function errorOf(values: ReadonlyMap<AgentId, Float64Array>, mean: number): number {
  let largest = 0
  for (const [value = 0] of values.values()) largest = Math.max(largest, Math.abs(value - mean))
  return largest
}
