import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arc, AssignmentProblem } from '#domain/distribution/auction/assignment-problem.ts'
import { type AssignmentSolution, solveAssignment } from '#domain/distribution/auction/solve-assignment.ts'

const UNLIMITED = { arcScansMax: 1e9 }

const whole = fc.integer({ min: -50, max: 50 })
const cents = fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 100)
const anyFraction = fc.double({ min: -1_000, max: 1_000, noNaN: true })

function problem(cost: fc.Arbitrary<number>, sideMax: number): fc.Arbitrary<AssignmentProblem> {
  return fc
    .record({ rowCount: fc.nat(sideMax), columnCount: fc.nat(sideMax) })
    .chain(({ rowCount, columnCount }) =>
      fc
        .array(fc.option(cost, { freq: 3 }), {
          minLength: rowCount * columnCount,
          maxLength: rowCount * columnCount,
        })
        .map((costs) => ({
          rowCount,
          columnCount,
          arcs: costs.flatMap((value, index): Arc[] =>
            value === null
              ? []
              : [{ row: Math.floor(index / columnCount), column: index % columnCount, cost: value }],
          ),
        })),
    )
}

describe('solveAssignment', () => {
  it.each([
    ['whole numbers', whole],
    ['cents', cents],
    ['fractions of any length', anyFraction],
  ])(
    'matches as many pairs as possible at the least cost, for %s, sparse and infeasible ones included',
    (_, cost) => {
      fc.assert(
        fc.property(problem(cost, 5), (given) => {
          const solution = solved(given)
          const best = bestByTrial(given)
          expect(solution.matchedCount).toBe(best.count)
          expect(Math.abs(solution.cost - best.cost)).toBeLessThanOrEqual(solution.tolerance + 1e-9)
          expect(solution.isComplete).toBe(best.count === Math.min(given.rowCount, given.columnCount))
          const columns = solution.columnOf.filter((column) => column >= 0)
          expect(new Set(columns).size).toBe(columns.length)
        }),
        { numRuns: 400 },
      )
    },
  )

  it('costs the same to the last bit however rows, columns and arcs are ordered', () => {
    fc.assert(
      fc.property(problem(cents, 14), fc.integer(), (given, seed) => {
        const rows = shuffled(given.rowCount, seed)
        const columns = shuffled(given.columnCount, seed + 1)
        const order = shuffled(given.arcs.length, seed + 2)
        const arcs = order.map((index) => {
          const { row, column, cost } = given.arcs[index]!
          return { row: rows[row]!, column: columns[column]!, cost }
        })
        const permuted = solved({ ...given, arcs })
        expect(permuted.cost).toBe(solved(given).cost)
        expect(permuted.matchedCount).toBe(solved(given).matchedCount)
      }),
      { numRuns: 300 },
    )
  })
})

function solved(given: AssignmentProblem): AssignmentSolution {
  const solution = solveAssignment(given, UNLIMITED)
  if (solution === undefined) throw new Error('the limit is far above what such a problem takes')
  return solution
}

/** Tries every matching. */
function bestByTrial({ rowCount, arcs }: AssignmentProblem): { count: number; cost: number } {
  let best = { count: -1, cost: 0 }
  const taken = new Set<number>()
  const look = (row: number, count: number, cost: number): void => {
    if (row === rowCount) {
      if (count > best.count || (count === best.count && cost < best.cost)) best = { count, cost }
      return
    }
    look(row + 1, count, cost)
    for (const arc of arcs) {
      if (arc.row !== row || taken.has(arc.column)) continue
      taken.add(arc.column)
      look(row + 1, count + 1, cost + arc.cost)
      taken.delete(arc.column)
    }
  }
  look(0, 0, 0)
  return best
}

function shuffled(count: number, seed: number): number[] {
  const keys = Array.from(
    { length: count },
    (_, index) => Math.sin(seed * 7.13 + index * 12.9898) * 43_758.5453,
  )
  return [...keys.keys()].toSorted((a, b) => (keys[a]! % 1) - (keys[b]! % 1))
}
