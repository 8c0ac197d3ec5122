/** The newest `size` items, judged again and again while items come in. */
export class SlidingWindow<T> {
  readonly #size: number
  readonly #stride: number
  readonly #sizeMin: number
  #items: T[] = []
  #sinceJudged = 0

  /**
   * @param size most items in the window
   * @param stride new items between two judgements
   * @param sizeMin items before the first judgement; by default a full window
   */
  constructor(size: number, stride: number, sizeMin = size) {
    this.#size = size
    this.#stride = stride
    this.#sizeMin = sizeMin
  }

  /** The window where it is due for a judgement: long enough, and `stride` items after the last one. */
  add(item: T): readonly T[] | undefined {
    this.#items.push(item)
    this.#sinceJudged += 1
    // Cut seldom and by much: shifting one at a time would copy the array with every item.
    if (this.#items.length >= 2 * this.#size) this.#items = this.#items.slice(-this.#size)
    if (this.#items.length < this.#sizeMin || this.#sinceJudged < this.#stride) return undefined
    this.#sinceJudged = 0
    return this.#items.slice(-this.#size)
  }
}
