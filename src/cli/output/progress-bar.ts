const BAR_CELLS = 30
const REDRAW_MS = 100
/** Where there is no terminal, a line now and then keeps a log readable. */
const LOG_STEP = 0.25

/** How far a long piece of work is: redrawn in place on a terminal, a few lines elsewhere. */
export class ProgressBar {
  readonly #label: string
  readonly #stream: NodeJS.WriteStream
  #drawnAt = Number.NEGATIVE_INFINITY
  #loggedRatio = -LOG_STEP

  constructor(label: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label
    this.#stream = stream
  }

  update(done: number, total: number): void {
    const ratio = total === 0 ? 1 : done / total
    if (this.#stream.isTTY) this.#draw(done, total, ratio)
    else this.#log(done, total, ratio)
  }

  /** Leaves the terminal's line to what comes next. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
  }

  #draw(done: number, total: number, ratio: number): void {
    const now = performance.now()
    if (ratio < 1 && now - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = now
    const filled = Math.floor(ratio * BAR_CELLS)
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
    this.#stream.write(`\r\u001b[K${this.#label} ${bar} ${percent(ratio)}  ${done} of ${total}`)
  }

  #log(done: number, total: number, ratio: number): void {
    if (ratio < this.#loggedRatio + LOG_STEP && ratio < 1) return
    if (this.#loggedRatio === 1) return
    this.#loggedRatio = ratio === 1 ? 1 : Math.floor(ratio / LOG_STEP) * LOG_STEP
    this.#stream.write(`${this.#label} ${percent(ratio)}, ${done} of ${total}\n`)
  }
}

function percent(ratio: number): string {
  return `${String(Math.floor(ratio * 100)).padStart(3)} %`
}
