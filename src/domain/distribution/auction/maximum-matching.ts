import type { ArcTable } from './assignment-problem.ts'

/**
 * The most rows that can be matched at all, whatever the cost.
 *
 * Hopcroft & Karp, "An n^5/2 algorithm for maximum matchings in bipartite graphs" (1973): shortest augmenting paths in
 * phases, O(arcs × √rows).
 */
export function maximumMatchingSize(table: ArcTable): number {
  const { rowCount, columnCount } = table
  const matchedColumn = new Int32Array(rowCount).fill(-1)
  const matchedRow = new Int32Array(columnCount).fill(-1)
  const level = new Int32Array(rowCount)
  const next = new Int32Array(rowCount)
  let size = 0
  while (layer(table, matchedColumn, matchedRow, level)) {
    next.set(table.start.subarray(0, rowCount))
    for (let row = 0; row < rowCount; row += 1) {
      if (matchedColumn[row] === -1 && augment(row, table, matchedColumn, matchedRow, level, next)) size += 1
    }
  }
  return size
}

/** Breadth first from all free rows. @returns whether a free column was reached */
function layer(
  { rowCount, start, column }: ArcTable,
  matchedColumn: Int32Array,
  matchedRow: Int32Array,
  level: Int32Array,
): boolean {
  const queue: number[] = []
  for (let row = 0; row < rowCount; row += 1) {
    level[row] = matchedColumn[row] === -1 ? 0 : -1
    if (level[row] === 0) queue.push(row)
  }
  let isReached = false
  for (const row of queue) {
    for (let arc = start[row] ?? 0; arc < (start[row + 1] ?? 0); arc += 1) {
      const holder = matchedRow[column[arc] ?? 0] ?? -1
      if (holder === -1) isReached = true
      else if (level[holder] === -1) {
        level[holder] = (level[row] ?? 0) + 1
        queue.push(holder)
      }
    }
  }
  return isReached
}

/** Depth first along the layers, with a stack of its own: paths may be as long as the problem. */
function augment(
  root: number,
  { start, column }: ArcTable,
  matchedColumn: Int32Array,
  matchedRow: Int32Array,
  level: Int32Array,
  next: Int32Array,
): boolean {
  const path = [root]
  while (path.length > 0) {
    const row = path.at(-1) ?? root
    const arc = next[row] ?? 0
    if (arc >= (start[row + 1] ?? 0)) {
      level[row] = -1
      path.pop()
      continue
    }
    next[row] = arc + 1
    const holder = matchedRow[column[arc] ?? 0] ?? -1
    if (holder === -1) {
      // Every row of the path takes the column of the arc that it tried last.
      for (const member of path) {
        const taken = column[(next[member] ?? 1) - 1] ?? 0
        matchedRow[taken] = member
        matchedColumn[member] = taken
      }
      return true
    }
    if (level[holder] === (level[row] ?? 0) + 1) path.push(holder)
  }
  return false
}
