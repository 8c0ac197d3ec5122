const ITERATIONS = 200

/**
 * Largest squared singular value of a matrix and its left singular vector, by power iteration.
 *
 * @param columns the columns of the matrix, each of `rowCount` numbers
 */
export function leadingDirection(
  columns: readonly (readonly number[])[],
  rowCount: number,
): { readonly value: number; readonly direction: readonly number[] } {
  // A start that is no multiple of ones: the columns sum to zero, and ones would be mapped to zero.
  let direction = Array.from({ length: rowCount }, (_, index) => Math.cos(1 + 2.399_963 * index))
  let value = 0
  for (let round = 0; round < ITERATIONS; round++) {
    const next: number[] = Array.from({ length: rowCount }, () => 0)
    for (const column of columns) {
      const weight = column.reduce((sum, x, row) => sum + x * (direction[row] ?? 0), 0)
      for (const [row, x] of column.entries()) next[row] = (next[row] ?? 0) + weight * x
    }
    const length = Math.hypot(...next)
    if (length === 0) return { value: 0, direction }
    direction = next.map((x) => x / length)
    if (round > 5 && Math.abs(length - value) < 1e-7 * length) return { value: length, direction }
    value = length
  }
  return { value, direction }
}
