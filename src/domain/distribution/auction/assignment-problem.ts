import { assert } from '../../model/errors.ts'

/** One pair that may be matched. */
export interface Arc {
  readonly row: number
  readonly column: number
  readonly cost: number
}

/** Rows (tasks) to be matched with columns (agents) at the least total cost. A pair without an arc is forbidden. */
export interface AssignmentProblem {
  readonly rowCount: number
  readonly columnCount: number
  readonly arcs: readonly Arc[]
}

/** A bipartite graph in compressed rows. `benefit` is what a row gains from a column: the negative integer cost. */
export interface ArcTable {
  readonly rowCount: number
  readonly columnCount: number
  /** Arcs of row i are `start[i]` to `start[i + 1]`, exclusive. */
  readonly start: Int32Array
  readonly column: Int32Array
  readonly benefit: Float64Array
}

/** Most decimals of a cost that are kept exactly. */
const DECIMALS_MAX = 6
/** Below 2^53, with room for prices, which stay below (rows + columns) × the range of the scaled benefits. */
const EXACT_MAX = 2 ** 49

export interface IntegerCosts {
  /** One whole number per arc, 0 or more. */
  readonly units: Float64Array
  /** Units in 1 of cost. */
  readonly unitsPerCost: number
  readonly offset: number
  /** False where costs had to be rounded to fit; the result is then optimal within `rowCount / unitsPerCost`. */
  readonly isExact: boolean
}

/**
 * Costs as whole numbers, on which the auction is exact. Costs with up to six decimals are kept exactly where their
 * range allows it; others are rounded to the finest unit that does.
 */
export function integerCosts({ rowCount, columnCount, arcs }: AssignmentProblem): IntegerCosts {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (const { cost } of arcs) {
    if (cost < lowest) lowest = cost
    if (cost > highest) highest = cost
  }
  if (lowest >= highest || arcs.length === 0) {
    const offset = arcs.length === 0 ? 0 : lowest
    return { units: new Float64Array(arcs.length), unitsPerCost: 1, offset, isExact: true }
  }
  const nodes = rowCount + columnCount + 1
  const unitsMax = Math.floor(EXACT_MAX / (nodes * nodes))
  const range = highest - lowest
  for (let decimals = 0, factor = 1; decimals <= DECIMALS_MAX; decimals += 1, factor *= 10) {
    if (range * factor > unitsMax) break
    const offset = Math.round(lowest * factor)
    if (!arcs.every(({ cost }) => isWhole(cost, factor))) continue
    const units = Float64Array.from(arcs, ({ cost }) => Math.round(cost * factor) - offset)
    return { units, unitsPerCost: factor, offset: offset / factor, isExact: true }
  }
  assert(Number.isFinite(range), 'costs are finite and differ by a finite amount')
  // Of a range near the smallest double the quotient would be infinite.
  const unitsPerCost = Math.min(unitsMax / range, 2 ** 900)
  const units = Float64Array.from(arcs, ({ cost }) => Math.round((cost - lowest) * unitsPerCost))
  return { units, unitsPerCost, offset: lowest, isExact: false }
}

/** Whether the cost is a whole number of 1 / `factor`, as near as a double can say. */
function isWhole(cost: number, factor: number): boolean {
  return Math.round(cost * factor) / factor === cost
}

/** Arcs in compressed rows; the order of the arcs within a row is kept. */
export function arcTable(
  rowCount: number,
  columnCount: number,
  arcs: readonly { readonly row: number; readonly column: number }[],
  benefitOf: (index: number) => number,
): ArcTable {
  const start = new Int32Array(rowCount + 1)
  for (const { row } of arcs) start[row + 1] = (start[row + 1] ?? 0) + 1
  for (let row = 0; row < rowCount; row += 1) start[row + 1] = (start[row + 1] ?? 0) + (start[row] ?? 0)
  const next = start.slice(0, rowCount)
  const column = new Int32Array(arcs.length)
  const benefit = new Float64Array(arcs.length)
  arcs.forEach((arc, index) => {
    const at = next[arc.row] ?? 0
    next[arc.row] = at + 1
    column[at] = arc.column
    benefit[at] = benefitOf(index)
  })
  return { rowCount, columnCount, start, column, benefit }
}
