import { type Arc, type AssignmentProblem, arcTable, integerCosts } from './assignment-problem.ts'
import { type AuctionLimits, auction } from './epsilon-scaling-auction.ts'
import { maximumMatchingSize } from './maximum-matching.ts'

export interface AssignmentSolution {
  /** By row: its column, or -1 where the row is left out. */
  readonly columnOf: readonly number[]
  /** The sum of the costs of all matched pairs. */
  readonly cost: number
  readonly matchedCount: number
  /** Whether the smaller side is matched completely. */
  readonly isComplete: boolean
  /** False where costs had to be rounded: the cost is then optimal within `tolerance`. */
  readonly isExact: boolean
  readonly tolerance: number
  readonly bids: number
}

/**
 * The matching with the most pairs and, among those, the least cost. Rows or columns left over, and pairs without an
 * arc, are allowed. Its cost does not depend on the order of rows, columns or arcs.
 *
 * @returns undefined where the limit on the work was reached
 */
export function solveAssignment(
  problem: AssignmentProblem,
  limits: AuctionLimits,
): AssignmentSolution | undefined {
  const { units, unitsPerCost, offset, isExact } = integerCosts(problem)
  const isTurned = problem.rowCount > problem.columnCount
  const graph = isTurned ? turned(problem) : problem
  const table = arcTable(graph.rowCount, graph.columnCount, graph.arcs, (index) => -(units[index] ?? 0))
  const matchedMax = maximumMatchingSize(table)
  const isComplete = matchedMax === graph.rowCount
  const full = isComplete ? { graph, units } : withOptOuts(graph, units)
  const result = auction(
    arcTable(
      full.graph.rowCount,
      full.graph.columnCount,
      full.graph.arcs,
      (index) => -(full.units[index] ?? 0),
    ),
    limits,
  )
  if (result === undefined) return undefined
  const columnOf = Array.from({ length: problem.rowCount }, () => -1)
  result.columnOf.forEach((column, row) => {
    if (column >= graph.columnCount) return
    if (isTurned) columnOf[column] = row
    else columnOf[row] = column
  })
  const chosen = cheapestUnits(problem, units, columnOf)
  return {
    columnOf,
    cost: chosen.units / unitsPerCost + chosen.count * offset,
    matchedCount: chosen.count,
    isComplete,
    isExact,
    tolerance: isExact ? 0 : problem.rowCount / unitsPerCost,
    bids: result.bids,
  }
}

function turned({ rowCount, columnCount, arcs }: AssignmentProblem): AssignmentProblem {
  return {
    rowCount: columnCount,
    columnCount: rowCount,
    arcs: arcs.map(({ row, column, cost }) => ({ row: column, column: row, cost })),
  }
}

/**
 * Where not every row can be matched, each gets a column of its own that costs more than all others together: the
 * cheapest matching then leaves out as few rows as possible.
 */
function withOptOuts(
  { rowCount, columnCount, arcs }: AssignmentProblem,
  units: Float64Array,
): { readonly graph: AssignmentProblem; readonly units: Float64Array } {
  const highest = units.reduce((max, value) => Math.max(max, value), 0)
  const optOut = highest * (rowCount + 1) + 1
  const own = Array.from({ length: rowCount }, (_, row): Arc => ({ row, column: columnCount + row, cost: 0 }))
  const all = new Float64Array(arcs.length + rowCount).fill(optOut)
  all.set(units)
  return { graph: { rowCount, columnCount: columnCount + rowCount, arcs: [...arcs, ...own] }, units: all }
}

/** The sum in whole units, which the order of the rows cannot change, as a sum of fractions would. */
function cheapestUnits(
  { arcs }: AssignmentProblem,
  units: Float64Array,
  columnOf: readonly number[],
): { readonly units: number; readonly count: number } {
  const cheapest = new Map<number, number>()
  arcs.forEach(({ row, column }, index) => {
    if (columnOf[row] !== column) return
    const cost = units[index] ?? 0
    cheapest.set(row, Math.min(cost, cheapest.get(row) ?? cost))
  })
  let sum = 0
  for (const cost of cheapest.values()) sum += cost
  return { units: sum, count: cheapest.size }
}
