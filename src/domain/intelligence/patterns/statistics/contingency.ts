export interface IndependenceTest {
  /** Pearson's X² of the table. */
  readonly statistic: number
  /** Mean and variance of X² over all tables with the same margins. */
  readonly mean: number
  readonly variance: number
}

/**
 * Pearson's X² of a table of counts, with its exact mean and variance under independence given both margins
 * (R. B. Dawson, "A simplified expression for the variance of the χ²-function on a contingency table", Biometrika 1954).
 * Exact moments keep the test honest for small and uneven counts, where the χ² distribution does not.
 *
 * @returns undefined where the table has fewer than two rows or columns, or fewer than 8 counts
 */
export function testIndependence(table: readonly (readonly number[])[]): IndependenceTest | undefined {
  const rows = sums(table)
  const columns = sums(transpose(table))
  const total = rows.reduce((sum, count) => sum + count, 0)
  const r = rows.filter((count) => count > 0).length
  const c = columns.filter((count) => count > 0).length
  if (r < 2 || c < 2 || total < 8) return undefined
  const mean = (total * (r - 1) * (c - 1)) / (total - 1)
  return { statistic: pearson(table, rows, columns, total), mean, variance: dawson(rows, columns, total) }
}

/** The same for two rows, given as counts by name. Names counted once in all share a column. */
export function testTwoRows(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
): IndependenceTest | undefined {
  const rows: [number[], number[]] = [[0], [0]]
  const add = (a: number, b: number): void => {
    if (a + b < 2) {
      rows[0][0] = (rows[0][0] ?? 0) + a
      rows[1][0] = (rows[1][0] ?? 0) + b
    } else {
      rows[0].push(a)
      rows[1].push(b)
    }
  }
  for (const [name, count] of first) add(count, second.get(name) ?? 0)
  for (const [name, count] of second) if (!first.has(name)) add(0, count)
  return testIndependence(rows)
}

function pearson(
  table: readonly (readonly number[])[],
  rows: readonly number[],
  columns: readonly number[],
  total: number,
): number {
  let sum = 0
  for (const [i, row] of table.entries()) {
    for (const [j, count] of row.entries()) {
      const expected = expectedCount(rows, columns, total, i, j)
      if (expected > 0) sum += (count - expected) ** 2 / expected
    }
  }
  return sum
}

function dawson(rows: readonly number[], columns: readonly number[], total: number): number {
  const row = margin(rows, total)
  const column = margin(columns, total)
  const smooth = ((2 * total) / (total - 3)) * (row.v - row.w) * (column.v - column.w)
  return smooth + ((total * total) / (total - 1)) * row.w * column.w
}

function margin(counts: readonly number[], total: number): { v: number; w: number } {
  const filled = counts.filter((count) => count > 0)
  const size = filled.length
  const inverse = filled.reduce((sum, count) => sum + 1 / count, 0)
  return { v: ((size - 1) * (total - size)) / (total - 1), w: (total * inverse - size * size) / (total - 2) }
}

/** Expected count of a cell under independence. */
export function expectedCount(
  rows: readonly number[],
  columns: readonly number[],
  total: number,
  row: number,
  column: number,
): number {
  return ((rows[row] ?? 0) * (columns[column] ?? 0)) / total
}

export function sums(table: readonly (readonly number[])[]): number[] {
  return table.map((row) => {
    let sum = 0
    for (const count of row) sum += count
    return sum
  })
}

export function transpose(table: readonly (readonly number[])[]): number[][] {
  const width = table[0]?.length ?? 0
  return Array.from({ length: width }, (_, column) => table.map((row) => row[column] ?? 0))
}
