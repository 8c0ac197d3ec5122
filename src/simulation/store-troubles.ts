import type { StepFault } from './memory/memory-swarm-store.ts'
import type { SeededRandom } from './seeded-random.ts'

/** How the shared store fares, for all nodes at once. */
export class StoreTroubles {
  readonly #random: SeededRandom
  /** So often a step is refused before, or its answer lost after, the commit. */
  refusedRatio = 0
  forgottenRatio = 0
  /** Nothing is answered before. */
  pausedUntil = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  calmDown(): void {
    this.refusedRatio = 0
    this.forgottenRatio = 0
    this.pausedUntil = 0
  }

  readonly faultFor = (): StepFault | undefined => {
    if (this.refusedRatio === 0 && this.forgottenRatio === 0) return undefined
    const draw = this.#random.next()
    if (draw < this.refusedRatio) return { fail: 'before_commit' }
    if (draw < this.refusedRatio + this.forgottenRatio) return { fail: 'after_commit' }
    return undefined
  }
}
