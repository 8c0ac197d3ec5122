import { assert } from '../../model/errors.ts'
import type { ArcTable } from './assignment-problem.ts'

/** Divides ε between two phases. */
const SCALING_FACTOR = 5

export interface AuctionResult {
  /** By row: the column that it got. */
  readonly columnOf: Int32Array
  /** By column, in scaled units. */
  readonly prices: Float64Array
  readonly phases: number
  readonly bids: number
}

export interface AuctionLimits {
  /** Most arcs looked at in all; the auction ends with undefined past it. Bounds the time that a caller's input takes. */
  readonly arcScansMax: number
}

/**
 * Maximum-benefit matching of every row with a column of its own, by the auction algorithm with ε-scaling.
 *
 * D. P. Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment problem" (1988), and
 * D. P. Bertsekas and D. A. Castañon, "A forward/reverse auction algorithm for asymmetric assignment problems" (1992):
 * rows bid for columns until all rows have one (forward phase); where there are more columns than rows, free columns
 * whose price is above the lowest price of the taken ones bid for rows (reverse phase, §3).
 *
 * Benefits must be whole numbers. They are multiplied by (rows + 1), so that the last phase, with ε = 1, ends with an
 * exact optimum. The caller has made sure that every row can be matched.
 */
export function auction(table: ArcTable, { arcScansMax }: AuctionLimits): AuctionResult | undefined {
  return new Auction(table, arcScansMax).solve()
}

class Auction {
  readonly #table: ArcTable
  readonly #arcScansMax: number
  readonly #benefit: Float64Array
  readonly #range: number
  readonly #prices: Float64Array
  readonly #columnOf: Int32Array
  readonly #rowOf: Int32Array
  /** Row profits; kept for the reverse phase, where columns choose rows by them. */
  readonly #profits: Float64Array
  readonly #columnArcs: ColumnArcs | undefined
  #epsilon = 1
  #bids = 0
  #scans = 0

  constructor(table: ArcTable, arcScansMax: number) {
    const { rowCount, columnCount, benefit } = table
    this.#table = table
    this.#arcScansMax = arcScansMax
    this.#benefit = benefit.map((value) => value * (rowCount + 1))
    this.#range = rangeOf(this.#benefit)
    this.#prices = new Float64Array(columnCount)
    this.#profits = new Float64Array(rowCount)
    this.#columnOf = new Int32Array(rowCount).fill(-1)
    this.#rowOf = new Int32Array(columnCount).fill(-1)
    this.#columnArcs = rowCount < columnCount ? columnArcs(table, this.#benefit) : undefined
  }

  solve(): AuctionResult | undefined {
    let phases = 0
    for (const epsilon of epsilons(this.#range)) {
      this.#epsilon = epsilon
      this.#columnOf.fill(-1)
      this.#rowOf.fill(-1)
      if (!this.#forward() || !this.#reverse()) return undefined
      this.#assertComplementarySlackness()
      phases += 1
    }
    return { columnOf: this.#columnOf, prices: this.#prices, phases, bids: this.#bids }
  }

  /** Gauss-Seidel version: one free row bids at a time. */
  #forward(): boolean {
    const free = Array.from({ length: this.#table.rowCount }, (_, index) => this.#table.rowCount - 1 - index)
    for (let row = free.pop(); row !== undefined; row = free.pop()) {
      const displaced = this.#bid(row)
      if (displaced !== -1) free.push(displaced)
      if (this.#scans > this.#arcScansMax) return false
    }
    return true
  }

  /** The row takes its best column at the highest price at which it still is its best within ε. */
  #bid(row: number): number {
    const { start, column } = this.#table
    const benefit = this.#benefit
    const prices = this.#prices
    const end = start[row + 1] ?? 0
    let best = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    let bestColumn = -1
    for (let arc = start[row] ?? 0; arc < end; arc += 1) {
      const to = column[arc] as number
      const value = (benefit[arc] as number) - (prices[to] as number)
      if (value > best) {
        second = best
        best = value
        bestColumn = to
      } else if (value > second) second = value
    }
    this.#scans += end - (start[row] ?? 0)
    this.#bids += 1
    // With one column only, any raise keeps ε-complementary slackness.
    const raise = (second === Number.NEGATIVE_INFINITY ? this.#range : best - second) + this.#epsilon
    prices[bestColumn] = (prices[bestColumn] as number) + raise
    this.#profits[row] = best - raise
    return this.#award(row, bestColumn)
  }

  /** @returns the row that had the column before, or -1 */
  #award(row: number, column: number): number {
    const displaced = this.#rowOf[column] as number
    this.#rowOf[column] = row
    this.#columnOf[row] = column
    if (displaced !== -1) this.#columnOf[displaced] = -1
    return displaced
  }

  /**
   * Lowers the prices of free columns to λ, the lowest price of a column that was taken in the forward phase, or gives
   * them a row: with a free column dearer than a taken one the matching could be worse than optimal.
   */
  #reverse(): boolean {
    if (this.#columnArcs === undefined) return true
    const floor = this.#lowestTakenPrice()
    const free = [...this.#rowOf.keys()].filter((column) => this.#rowOf[column] === -1)
    for (let column = free.pop(); column !== undefined; column = free.pop()) {
      const freed = this.#offer(column, floor)
      if (freed !== -1) free.push(freed)
      if (this.#scans > this.#arcScansMax) return false
    }
    return true
  }

  #lowestTakenPrice(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const column of this.#columnOf) lowest = Math.min(lowest, this.#prices[column] ?? lowest)
    return lowest
  }

  /** @returns the column that the row gave up, or -1 */
  #offer(column: number, floor: number): number {
    if ((this.#prices[column] ?? 0) <= floor) return -1
    const { start, row: rows, benefit } = this.#columnArcs as ColumnArcs
    let best = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    let bestRow = -1
    for (let arc = start[column] ?? 0; arc < (start[column + 1] ?? 0); arc += 1) {
      const from = rows[arc] as number
      const value = (benefit[arc] as number) - (this.#profits[from] as number)
      if (value > best) {
        second = best
        best = value
        bestRow = from
      } else if (value > second) second = value
    }
    this.#scans += 1 + (start[column + 1] ?? 0) - (start[column] ?? 0)
    if (bestRow === -1 || floor >= best - this.#epsilon) {
      this.#prices[column] = floor
      return -1
    }
    this.#bids += 1
    const gain = Math.min(best - floor, best - second + this.#epsilon)
    this.#prices[column] = best - gain
    this.#profits[bestRow] = (this.#profits[bestRow] as number) + gain
    const given = this.#columnOf[bestRow] as number
    this.#rowOf[given] = -1
    this.#rowOf[column] = bestRow
    this.#columnOf[bestRow] = column
    return given
  }

  /**
   * ε-complementary slackness: what every row has is within ε of the best it could have at these prices. It is what
   * makes the matching optimal within rows × ε, below one unit in the last phase.
   */
  #assertComplementarySlackness(): void {
    const { rowCount, start, column } = this.#table
    let lowestTaken = Number.POSITIVE_INFINITY
    let highestFree = Number.NEGATIVE_INFINITY
    for (let index = 0; index < this.#prices.length; index += 1) {
      const price = this.#prices[index] as number
      if (this.#rowOf[index] === -1) highestFree = Math.max(highestFree, price)
      else lowestTaken = Math.min(lowestTaken, price)
    }
    assert(highestFree <= lowestTaken, 'a free column is no dearer than a taken one')
    for (let row = 0; row < rowCount; row += 1) {
      let own = Number.NEGATIVE_INFINITY
      let best = Number.NEGATIVE_INFINITY
      for (let arc = start[row] ?? 0; arc < (start[row + 1] ?? 0); arc += 1) {
        const value = (this.#benefit[arc] as number) - (this.#prices[column[arc] as number] as number)
        if (value > best) best = value
        // Of several arcs to the same column the best one counts.
        if (column[arc] === this.#columnOf[row] && value > own) own = value
      }
      assert(own >= best - this.#epsilon, 'ε-complementary slackness holds')
    }
  }
}

interface ColumnArcs {
  readonly start: Int32Array
  readonly row: Int32Array
  readonly benefit: Float64Array
}

function columnArcs({ rowCount, columnCount, start, column }: ArcTable, benefit: Float64Array): ColumnArcs {
  const begin = new Int32Array(columnCount + 1)
  for (const to of column) begin[to + 1] = (begin[to + 1] ?? 0) + 1
  for (let to = 0; to < columnCount; to += 1) begin[to + 1] = (begin[to + 1] ?? 0) + (begin[to] ?? 0)
  const next = begin.slice(0, columnCount)
  const rows = new Int32Array(column.length)
  const benefits = new Float64Array(column.length)
  for (let row = 0; row < rowCount; row += 1) {
    for (let arc = start[row] ?? 0; arc < (start[row + 1] ?? 0); arc += 1) {
      const to = column[arc] ?? 0
      const at = next[to] ?? 0
      next[to] = at + 1
      rows[at] = row
      benefits[at] = benefit[arc] ?? 0
    }
  }
  return { start: begin, row: rows, benefit: benefits }
}

function rangeOf(benefit: Float64Array): number {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (const value of benefit) {
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return benefit.length === 0 ? 0 : highest - lowest
}

/** From half the range of the benefits down to 1. */
function* epsilons(range: number): Generator<number> {
  let epsilon = Math.max(1, Math.floor(range / 2))
  for (;;) {
    yield epsilon
    if (epsilon === 1) return
    epsilon = Math.max(1, Math.floor(epsilon / SCALING_FACTOR))
  }
}
