import type { TopologyKind } from '../model/topology-settings.ts'

/** What travels along the links. */
export const TRAFFIC_KINDS = [
  'direct',
  'request',
  'topic',
  'broadcast',
  'pipeline',
  'delegation',
  'escalation',
  'gossip',
] as const
export type TrafficKind = (typeof TRAFFIC_KINDS)[number]

export interface CostRow {
  readonly topology: TopologyKind
  readonly traffic: TrafficKind
  readonly messages: number
  readonly hops: number
}

/** How many messages went how many hops, per kind of traffic and of topology: what each topology costs. */
export class CommunicationCost {
  readonly #rows = new Map<string, { -readonly [K in keyof CostRow]: CostRow[K] }>()

  count(topology: TopologyKind, traffic: TrafficKind, hops: number): void {
    const key = `${topology}/${traffic}`
    const row = this.#rows.get(key)
    if (row === undefined) {
      this.#rows.set(key, { topology, traffic, messages: 1, hops })
      return
    }
    row.messages += 1
    row.hops += hops
  }

  rows(): readonly CostRow[] {
    return [...this.#rows.values()].map((row) => ({ ...row }))
  }
}
