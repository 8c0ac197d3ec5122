import type { Watch } from './flock-shop.ts'
import type { ShopRun } from './shop.ts'

/** Measures over which share of the time how many agents had each kind loaded, from the arrival of one task on. */
export class CapacityWatch {
  readonly #since: number
  readonly #agentSeconds = new Map<string, number>()
  #loaded: readonly string[] = []
  #atS = 0

  constructor(since: number) {
    this.#since = since
  }

  readonly watch: Watch = (arrived, workers, atS) => {
    if (arrived >= this.#since)
      for (const kind of this.#loaded) addTo(this.#agentSeconds, kind, atS - this.#atS)
    this.#loaded = workers.map(({ loaded }) => loaded).filter((kind) => kind !== undefined)
    this.#atS = atS
  }

  /** Total variation between the kinds' shares of the agents and their shares of the work of some runs. */
  distanceTo(runs: readonly ShopRun[]): number {
    const work = new Map<string, number>()
    for (const { task } of runs) addTo(work, task.kind, task.workS)
    const kinds = new Set([...work.keys(), ...this.#agentSeconds.keys()])
    const [allWork, allAgents] = [sumOf(work), sumOf(this.#agentSeconds)]
    const differences = [...kinds].map((kind) =>
      Math.abs((work.get(kind) ?? 0) / allWork - (this.#agentSeconds.get(kind) ?? 0) / allAgents),
    )
    return differences.reduce((a, b) => a + b, 0) / 2
  }
}

function addTo(sums: Map<string, number>, kind: string, amount: number): void {
  sums.set(kind, (sums.get(kind) ?? 0) + amount)
}

function sumOf(sums: ReadonlyMap<string, number>): number {
  return [...sums.values()].reduce((a, b) => a + b, 0)
}
