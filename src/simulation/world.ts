import type { Clock } from '#domain/ports/clock.ts'
import { Auditor } from './auditor.ts'
import { Disturbances } from './disturbances.ts'
import { MemoryMedium } from './memory/memory-medium.ts'
import { MemoryNetwork } from './memory/memory-peers.ts'
import type { Fault, Scenario } from './scenario.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimClock } from './sim-clock.ts'
import { SimProcess } from './sim-process.ts'
import { StoreTroubles } from './store-troubles.ts'
import { Trace } from './trace.ts'
import { HONEST, type Variant } from './variant.ts'

/** What all parts of one simulated world share. */
export class World {
  readonly scenario: Scenario
  readonly variant: Variant
  readonly clock = new SimClock()
  readonly trace = new Trace(this.clock)
  readonly disturbances = new Disturbances(this.clock)
  readonly medium = new MemoryMedium()
  readonly store: StoreTroubles
  readonly random: SeededRandom
  /** The time of what no process has to run for: networks, leases of claims. */
  readonly wires: Clock
  readonly nodeNetwork: MemoryNetwork
  readonly auditor: Auditor
  readonly #wireRandom: SeededRandom
  #isTroubled = true

  constructor(scenario: Scenario, variant: Variant = HONEST) {
    this.scenario = scenario
    this.variant = variant
    this.random = new SeededRandom(scenario.seed + 1)
    this.#wireRandom = this.random.fork()
    this.store = new StoreTroubles(this.random.fork())
    this.wires = new SimProcess(this.clock).clock
    this.nodeNetwork = new MemoryNetwork({ clock: this.wires, latencyMs: () => this.latencyMs() })
    this.auditor = new Auditor(this)
  }

  /** False once the faults are over. */
  has(fault: Fault): boolean {
    return this.#isTroubled && this.scenario.faults.has(fault)
  }

  calmDown(): void {
    this.#isTroubled = false
    this.store.calmDown()
  }

  latencyMs(): number {
    return this.#wireRandom.integer(this.scenario.latencyMaxMs + 1)
  }

  /** True so often, by a draw of the wire's own. */
  happens(ratio: number): boolean {
    return this.#wireRandom.next() < ratio
  }
}
