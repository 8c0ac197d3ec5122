import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { EMPTY_MESH, SwarmTopology, type TopologyChange } from '#domain/topology/swarm-topology.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

export const SIZES = [1, 2, 3, 10, 100, 1_000]

export interface RandomLife {
  readonly topology: SwarmTopology
  readonly random: SeededRandom
  /** The members as a plain array in the order they joined. */
  readonly joined: AgentId[]
}

export interface RandomLifeRequest {
  readonly seed: number
  readonly settings: TopologySettings
  readonly size: number
  readonly steps: number
  afterEach(change: TopologyChange, life: RandomLife): void
}

/**
 * A swarm grown to `size` and then put through random joins, leaves, deaths and elections, around that size; at the
 * end it has that size again.
 */
export function liveRandomly({ seed, settings, size, steps, afterEach }: RandomLifeRequest): RandomLife {
  const random = new SeededRandom(seed)
  const topology = new SwarmTopology({ halfLifeMs: 60_000, tiesMax: 1_000 }, { ...EMPTY_MESH, settings })
  const joined: AgentId[] = []
  const life = { topology, random, joined }
  let born = 0

  function grow(): void {
    const newcomer = agentId(`a${born}`)
    born += 1
    joined.push(newcomer)
    afterEach(topology.join(newcomer)!, life)
  }
  function shrink(): void {
    const [gone] = joined.splice(random.integer(joined.length), 1)
    afterEach(topology.remove(gone!, random.next() < 0.5 ? 'left' : 'died')!, life)
  }

  while (joined.length < size) grow()
  for (let step = 0; step < steps; step += 1) {
    if (random.next() < 0.05) {
      const change = joined.length === 0 ? undefined : topology.lead(random.pick(joined))
      if (change !== undefined) afterEach(change, life)
    } else if (joined.length === 0 || (random.next() < 0.5 && joined.length < size * 2)) grow()
    else shrink()
  }
  while (joined.length < size) grow()
  while (joined.length > size) shrink()
  return life
}
