import type { SimClock } from './sim-clock.ts'

interface Line {
  readonly at: number
  readonly who: string
  readonly what: string
  readonly about: string
}

const LINES_MAX = 20_000
const TAIL_SHOWN = 120
const SUBJECT_SHOWN = 80

/** What happened in a simulated world, for a person who has to understand why it went wrong. */
export class Trace {
  readonly #clock: SimClock
  #lines: Line[] = []

  constructor(clock: SimClock) {
    this.#clock = clock
  }

  note(who: string, what: string, about = ''): void {
    this.#lines.push({ at: this.#clock.now, who, what, about })
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX)
  }

  /** The newest lines about the subject, then the newest of all. */
  excerpt(about: string | undefined): string {
    const own =
      about === undefined ? [] : this.#lines.filter((line) => line.about === about || line.who === about)
    const parts = own.length === 0 ? [] : [`… about ${about}:`, ...own.slice(-SUBJECT_SHOWN).map(inShort)]
    return [...parts, '… at the end:', ...this.#lines.slice(-TAIL_SHOWN).map(inShort)].join('\n')
  }
}

function inShort({ at, who, what, about }: Line): string {
  return `${String(at).padStart(7)} ms  ${who.padEnd(10)} ${what}${about === '' ? '' : ` [${about}]`}`
}
