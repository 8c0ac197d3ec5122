import { describe, expect, it } from 'vitest'
import type { Arc } from '#domain/distribution/auction/assignment-problem.ts'
import { solveAssignment } from '#domain/distribution/auction/solve-assignment.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

const UNLIMITED = { arcScansMax: 1e9 }

describe('solveAssignment', () => {
  it('finds the optimum of the textbook example', () => {
    const costs = [
      [9, 2, 7, 8],
      [6, 4, 3, 7],
      [5, 8, 1, 8],
      [7, 6, 9, 4],
    ]
    const solution = solveAssignment(dense(costs), UNLIMITED)
    expect(solution).toMatchObject({ cost: 13, columnOf: [1, 0, 2, 3], isComplete: true, isExact: true })
  })

  it('leaves out the row that nobody can serve and still matches the others best', () => {
    const arcs = [
      { row: 0, column: 0, cost: 5 },
      { row: 1, column: 0, cost: 1 },
      { row: 1, column: 1, cost: 9 },
    ]
    const solution = solveAssignment({ rowCount: 3, columnCount: 2, arcs }, UNLIMITED)
    expect(solution).toMatchObject({ cost: 14, columnOf: [0, 1, -1], matchedCount: 2, isComplete: true })
  })

  it('prefers more pairs to cheaper ones', () => {
    const arcs = [
      { row: 0, column: 0, cost: 0 },
      { row: 0, column: 1, cost: 1_000 },
      { row: 1, column: 0, cost: 1_000 },
    ]
    const solution = solveAssignment({ rowCount: 2, columnCount: 3, arcs }, UNLIMITED)
    expect(solution).toMatchObject({ cost: 2_000, matchedCount: 2 })
  })

  it('solves the empty problem', () => {
    const solution = solveAssignment({ rowCount: 0, columnCount: 0, arcs: [] }, UNLIMITED)
    expect(solution).toMatchObject({ cost: 0, matchedCount: 0, isComplete: true })
  })

  it('says when costs had to be rounded, and by how much', () => {
    const arcs = [
      { row: 0, column: 0, cost: Math.PI },
      { row: 0, column: 1, cost: 1e300 },
    ]
    const solution = solveAssignment({ rowCount: 1, columnCount: 2, arcs }, UNLIMITED)
    expect(solution).toMatchObject({ isExact: false, columnOf: [0] })
    expect(solution?.tolerance).toBeGreaterThan(0)
  })

  it('gives up where the limit on the work is reached', () => {
    const random = new SeededRandom(1)
    const costs = Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => random.integer(100)))
    expect(solveAssignment(dense(costs), { arcScansMax: 5_000 })).toBeUndefined()
    expect(solveAssignment(dense(costs), UNLIMITED)).toBeDefined()
  })
})

function dense(costs: readonly (readonly number[])[]) {
  const arcs = costs.flatMap((values, row) => values.map((cost, column): Arc => ({ row, column, cost })))
  return { rowCount: costs.length, columnCount: costs[0]?.length ?? 0, arcs }
}
