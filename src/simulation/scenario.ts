import type { StrategySettings } from '#domain/model/strategy-settings.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { SeededRandom } from './seeded-random.ts'

export const FAULTS = [
  'agent_crash',
  'agent_silence',
  'agent_slowness',
  'agent_leave',
  'failing_handlers',
  'duplicates',
  'reordering',
  'lost_messages',
  'cut_sockets',
  'store_refuses',
  'store_forgets_answers',
  'store_pauses',
  'node_death',
  'node_stop',
  'claim_loss',
  'node_drain',
  'wall_clock',
  'lost_tail',
  'trimming',
  'forgetting',
  'deaf_nodes',
  'topology_switch',
] as const
export type Fault = (typeof FAULTS)[number]

/** What a seed makes of a world. */
export interface Scenario {
  readonly seed: number
  readonly nodeCount: number
  readonly channelAgents: number
  readonly httpAgents: number
  readonly clients: number
  readonly submitsPerClient: number
  readonly subscribers: number
  readonly topology: TopologySettings
  readonly strategy: StrategySettings
  /** Faults end after so much; the swarm then has to come to rest. */
  readonly faultsEndAt: number
  readonly faults: ReadonlySet<Fault>
  readonly latencyMaxMs: number
}

/** Each kind of fault is there or not, as a coin says: rare mixtures find what a bit of everything hides. */
const FAULT_RATIO = 0.3

export function scenarioOf(seed: number, always: readonly Fault[] = []): Scenario {
  const random = new SeededRandom(seed)
  // Each has draws of its own, so that a new kind of fault does not make other worlds of the old seeds.
  const faults = new Set(FAULTS.filter((fault) => drawFor(seed, fault) < FAULT_RATIO))
  for (const fault of always) faults.add(fault)
  // What was trimmed cannot be replayed after a loss.
  if (faults.has('lost_tail')) faults.delete('trimming')
  const isLarge = random.next() < 0.15
  const agents = 1 + random.integer(isLarge ? 30 : 8)
  const httpAgents = random.integer(agents)
  return {
    seed,
    nodeCount: 1 + random.integer(3),
    channelAgents: agents - httpAgents,
    httpAgents,
    clients: 1 + random.integer(3),
    submitsPerClient: 5 + random.integer(isLarge ? 25 : 15),
    subscribers: 1 + random.integer(3),
    topology: anyTopology(drawFor(seed, 'topology')),
    strategy: { kind: 'least_loaded' },
    faultsEndAt: 8_000 + random.integer(15_000),
    faults,
    latencyMaxMs: random.pick([1, 5, 30]),
  }
}

/** @param draw from 0 to 1 */
export function anyTopology(draw: number): TopologySettings {
  if (draw < 0.3) return { kind: 'mesh' }
  if (draw < 0.65) return { kind: 'hierarchical', branching: 2 + (Math.floor(draw * 1_000) % 3) }
  return { kind: 'ring', direction: draw < 0.8 ? 'one_way' : 'two_way' }
}

function drawFor(seed: number, what: string): number {
  let mixed = seed
  for (const character of what) mixed = (Math.imul(mixed, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return new SeededRandom(mixed).next()
}
