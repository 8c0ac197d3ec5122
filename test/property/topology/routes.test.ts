import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import type { SwarmTopology } from '#domain/topology/swarm-topology.ts'
import { NaiveGraph } from './naive-graph.ts'
import { liveRandomly, SIZES } from './random-life.ts'

const LINKED: readonly (readonly [string, TopologySettings])[] = [
  ['a tree of 2', { kind: 'hierarchical', branching: 2 }],
  ['a tree of 5', { kind: 'hierarchical', branching: 5 }],
  ['a ring one way', { kind: 'ring', direction: 'one_way' }],
  ['a ring both ways', { kind: 'ring', direction: 'two_way' }],
]

/** Few: each run is a whole life of 1 000 changes. */
const RUNS = { numRuns: 3 }

describe.each(LINKED)('%s', (_name, settings) => {
  const isDirected = settings.kind === 'ring' && settings.direction === 'one_way'

  it.each(SIZES)('finds the shortest path at any time in 1 000 changes around %i members', (size) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const naive = new NaiveGraph({ isDirected })
        const faults: string[] = []
        const { topology, joined, random } = liveRandomly({
          seed,
          settings,
          size,
          steps: 1_000,
          afterEach(change, { topology, random, joined }) {
            naive.apply(change)
            // The search below is what takes the time, so a large swarm is asked after every tenth change.
            if (joined.length === 0 || (size >= 100 && change.version % 10 > 0)) return
            const from = random.pick(joined)
            faults.push(...routeFaults(topology, naive.distancesFrom(from), naive, from, random.pick(joined)))
          },
        })
        expect(faults).toEqual([])
        expect(new Set(linkNames(topology))).toEqual(naive.links)

        const from = random.pick(joined)
        const distances = naive.distancesFrom(from)
        expect(new Set(distances.keys())).toEqual(new Set(joined))
        expect(joined.flatMap((to) => routeFaults(topology, distances, naive, from, to))).toEqual([])
        expect(topology.shape.spread(from)).toEqual({
          hops: size - 1,
          rounds: Math.max(...distances.values()),
        })
      }),
      RUNS,
    )
  })
})

describe('a mesh', () => {
  it.each(SIZES)('is one hop wide at any time in 1 000 changes around %i members', (size) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const wrong: (readonly AgentId[])[] = []
        const { topology, joined } = liveRandomly({
          seed,
          settings: { kind: 'mesh' },
          size,
          steps: 1_000,
          afterEach(_change, { topology, random, joined }) {
            if (joined.length === 0) return
            const [from, to] = [random.pick(joined), random.pick(joined)]
            const path = topology.shape.path(from, to)
            if (path.join(' ') !== (from === to ? from : `${from} ${to}`)) wrong.push(path)
          },
        })
        expect(wrong).toEqual([])
        expect([...topology.shape.members()]).toEqual(joined)
      }),
      RUNS,
    )
  })
})

function routeFaults(
  topology: SwarmTopology,
  distances: ReadonlyMap<AgentId, number>,
  naive: NaiveGraph,
  from: AgentId,
  to: AgentId,
): readonly string[] {
  const route = topology.route(from, to)
  if (!route.isAllowed) return [`${from} to ${to}: ${route.reason}`]
  const { path, hops } = route
  const isWhole = path.at(0) === from && path.at(-1) === to && path.length === hops + 1
  const isLinked = path.every((hop, i) => i === 0 || naive.hasHop(path[i - 1]!, hop))
  const isShortest = hops === distances.get(to)
  return isWhole && isLinked && isShortest
    ? []
    : [`${path.join(' ')}: ${JSON.stringify({ isWhole, isLinked, hops, shortest: distances.get(to) })}`]
}

function* linkNames(topology: SwarmTopology): Iterable<string> {
  for (const { from, to } of topology.shape.links()) yield `${from}>${to}`
}
