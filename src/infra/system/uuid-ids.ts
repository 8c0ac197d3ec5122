import { randomFillSync } from 'node:crypto'
import type { Clock } from '#domain/ports/clock.ts'
import type { Ids } from '#domain/ports/random.ts'

/** Random bytes are drawn for this many ids at once: one call for each would cost more than the id. */
const POOLED_IDS = 256
const RANDOM_BYTES_PER_ID = 8
const COUNTER_MAX = 0xfff
/** A millisecond's counter starts in its lower half, so that there is room to count upwards. */
const COUNTER_START_MASK = 0x7ff

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * UUIDs of version 7 (RFC 9562), lower case.
 *
 * Those of one instance sort strictly in the order they were made: the 12 bits of `rand_a` count within a
 * millisecond (§6.2, method 1), and a wall clock that stands still or jumps back is not followed.
 */
export class UuidIds implements Ids {
  readonly #clock: Clock
  readonly #pool = new Uint8Array(POOLED_IDS * RANDOM_BYTES_PER_ID)
  #poolOffset = this.#pool.length
  #lastMs = 0
  /** The first two groups of an id. */
  #timeText = '00000000-0000'
  #counter = 0

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  next(): string {
    const offset = this.#drawRandom()
    this.#tick(offset)
    const counter = this.#counter.toString(16).padStart(3, '0')
    const variant = hex(((this.#pool[offset] ?? 0) & 0x3f) | 0x80)
    const random = (from: number, to: number): string => this.#hexOf(offset + from, offset + to)
    return `${this.#timeText}-7${counter}-${variant}${random(1, 2)}-${random(2, 8)}`
  }

  #tick(offset: number): void {
    const now = this.#clock.now()
    if (now > this.#lastMs) {
      this.#setTime(now)
      this.#counter = (((this.#pool[offset] ?? 0) << 4) | (now & 0xf)) & COUNTER_START_MASK
    } else if (this.#counter < COUNTER_MAX) {
      this.#counter += 1
    } else {
      this.#setTime(this.#lastMs + 1)
      this.#counter = 0
    }
  }

  #setTime(ms: number): void {
    this.#lastMs = ms
    const time = ms.toString(16).padStart(12, '0')
    this.#timeText = `${time.slice(0, 8)}-${time.slice(8)}`
  }

  #drawRandom(): number {
    if (this.#poolOffset === this.#pool.length) {
      randomFillSync(this.#pool)
      this.#poolOffset = 0
    }
    const offset = this.#poolOffset
    this.#poolOffset += RANDOM_BYTES_PER_ID
    return offset
  }

  #hexOf(from: number, to: number): string {
    let text = ''
    for (let index = from; index < to; index += 1) text += hex(this.#pool[index] ?? 0)
    return text
  }
}

function hex(byte: number): string {
  return HEX[byte] ?? '00'
}
