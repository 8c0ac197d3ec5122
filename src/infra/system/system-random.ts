import type { Random } from '#domain/ports/random.ts'

/** V8's generator: for ties and jitter, never for secrets. */
export class SystemRandom implements Random {
  next(): number {
    return Math.random()
  }
}
