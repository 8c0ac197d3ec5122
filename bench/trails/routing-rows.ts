import { SwarmClient } from '#sdk/index.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { citiesOf } from '../../examples/tsp-trails/ants.ts'
import { startTestNode } from '../../test/helpers/test-node.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { runColony, type TrailAccess } from './colony.ts'
import { distancesOf, type Instance, readInstance } from './tsplib.ts'

export const INSTANCES: readonly string[] = ['eil51', 'berlin52', 'kroA100']
const SEEDS_MIN = 5
/** Iterations of one ant for each city: 1 000 tours a city. */
const ITERATIONS = 1_000
const QUICK_ITERATIONS = 50

/** S1: tours built along trails that are read and strengthened only through the public API. */
export async function routingRows({ seeds, isQuick, onProgress }: ProtocolRequest): Promise<ProtocolRow[]> {
  const node = await startTestNode()
  try {
    const client = new SwarmClient({ url: node.url })
    const rows: ProtocolRow[] = []
    for (const name of INSTANCES) {
      const iterations = isQuick ? QUICK_ITERATIONS : ITERATIONS
      const request = { instance: readInstance(name), iterations, seeds: atLeast(seeds, SEEDS_MIN) }
      onProgress(`routing, ${name}`)
      const found = await excessOf({ ...request, doesDeposit: true }, client.trails)
      const without = await excessOf({ ...request, doesDeposit: false }, client.trails)
      rows.push(...rowsOf(name, found, without))
    }
    return rows
  } finally {
    await node.close()
  }
}

interface Runs {
  readonly instance: Instance
  readonly iterations: number
  readonly seeds: readonly number[]
  readonly doesDeposit: boolean
}

/** How much longer than the shortest tour the best tour of each seed is, as a fraction. */
async function excessOf(
  { instance, iterations, seeds, doesDeposit }: Runs,
  trails: TrailAccess,
): Promise<number[]> {
  const cities = citiesOf(distancesOf(instance))
  const excess: number[] = []
  for (const seed of seeds) {
    const trailSet = `${instance.name.toLowerCase()}-${seed}-${doesDeposit ? 'on' : 'off'}`
    const length = await runColony(
      { trailSet, iterations, doesDeposit },
      cities,
      trails,
      new SeededRandom(seed),
    )
    excess.push(length / instance.optimum - 1)
  }
  return excess
}

function rowsOf(name: string, found: readonly number[], without: readonly number[]): ProtocolRow[] {
  return [
    {
      what: `S1, ${name}: best tour over the optimum`,
      figures: found,
      bar: { is: 'at most', limit: 0.01 },
      ablation: { what: 'deposits off', figures: without, bar: { is: 'at least', limit: 0.2 } },
    },
    {
      what: `S1, ${name}: worst seed over the optimum`,
      figures: [Math.max(...found)],
      bar: { is: 'at most', limit: 0.025 },
    },
  ]
}

function atLeast(seeds: readonly number[], count: number): number[] {
  const last = Math.max(...seeds)
  const more = Array.from({ length: Math.max(0, count - seeds.length) }, (_, index) => last + index + 1)
  return [...seeds, ...more]
}
