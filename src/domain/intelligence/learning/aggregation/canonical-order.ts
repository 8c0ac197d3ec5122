import type { ClientUpdate } from './client-update.ts'

/**
 * The updates sorted by what is in them. Sums of floating-point numbers depend on their order, so that a fixed order is
 * what makes an aggregate the same bits whoever sent its update first.
 */
export function inCanonicalOrder(updates: readonly ClientUpdate[]): readonly ClientUpdate[] {
  return updates.toSorted((a, b) => compareVectors(a.vector, b.vector) || a.weight - b.weight)
}

function compareVectors(a: Float64Array, b: Float64Array): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
