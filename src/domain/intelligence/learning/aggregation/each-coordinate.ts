/**
 * A vector of what `reduce` makes of each coordinate's values.
 *
 * @param reduce gets the values in ascending order, in an array that is used again for the next coordinate
 */
export function eachCoordinate(
  vectors: readonly Float64Array[],
  reduce: (sorted: Float64Array) => number,
): Float64Array {
  const result = new Float64Array(vectors[0]?.length ?? 0)
  const column = new Float64Array(vectors.length)
  for (let index = 0; index < result.length; index++) {
    for (const [client, vector] of vectors.entries()) column[client] = vector[index] ?? 0
    // In place: one array for a million coordinates.
    // oxlint-disable-next-line unicorn/no-array-sort
    result[index] = reduce(column.sort())
  }
  return result
}
