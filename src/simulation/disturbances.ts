import type { SimClock } from './sim-clock.ts'

export type DisturbanceKind = 'node_death' | 'boot' | 'coordination' | 'store'

interface Disturbance {
  readonly kind: DisturbanceKind
  readonly from: number
  until: number
}

/** What may delay the swarm: the time limits hold where nothing did, and with an allowance where a node died. */
export class Disturbances {
  readonly #clock: SimClock
  readonly #all: Disturbance[] = []

  constructor(clock: SimClock) {
    this.#clock = clock
  }

  /** Something begins now. The returned function says when it is over; its effects take so much longer. */
  begin(kind: DisturbanceKind, settlesInMs: number): () => void {
    const disturbance = { kind, from: this.#clock.now, until: Number.POSITIVE_INFINITY }
    this.#all.push(disturbance)
    return () => {
      disturbance.until = this.#clock.now + settlesInMs
    }
  }

  /** Anything but the death of nodes. */
  isCalm(from: number, until: number): boolean {
    return !this.#all.some((it) => it.kind !== 'node_death' && it.from <= until && it.until >= from)
  }

  /** Anything but the death and the start of nodes. */
  isCalmButForRestarts(from: number, until: number): boolean {
    const others = this.#all.filter(({ kind }) => kind === 'coordination' || kind === 'store')
    return !others.some((it) => it.from <= until && it.until >= from)
  }

  /** When the last node died or started in that time; undefined where none did. */
  lastRestart(from: number, until: number): number | undefined {
    const found = this.#all.filter(({ kind }) => kind === 'node_death' || kind === 'boot')
    return found.findLast((it) => it.from >= from && it.from <= until)?.from
  }

  /** When the last node died in that time; undefined where none did. */
  lastDeath(from: number, until: number): number | undefined {
    const deaths = this.#all.filter((it) => it.kind === 'node_death' && it.from <= until && it.until >= from)
    return deaths.length === 0 ? undefined : Math.max(...deaths.map((it) => it.from))
  }
}
