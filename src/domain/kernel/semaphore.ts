/** Lets so many pieces of work run at once; the others wait in the order in which they came. */
export class Semaphore {
  readonly #atOnceMax: number
  readonly #waiting: (() => void)[] = []
  #runningCount = 0

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#runningCount >= this.#atOnceMax)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#runningCount += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#runningCount -= 1
      else next()
    }
  }
}
