import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocateDrf, type DrfUser } from '#domain/resources/drf.ts'
import { scheduleEdf } from '#domain/resources/edf.ts'
import { StrideScheduler } from '#domain/resources/stride.ts'

const TOLERANCE = 1e-6
const RESOURCES = ['x', 'y', 'z'] as const

const amount = fc.integer({ min: 1, max: 100 })
const amounts = fc.record({ x: amount, y: amount, z: amount })
const capacity = fc.record({
  x: fc.integer({ min: 1, max: 1_000 }),
  y: fc.integer({ min: 1, max: 1_000 }),
  z: fc.integer({ min: 1, max: 1_000 }),
})
const users = fc
  .array(fc.record({ demand: amounts, weight: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => list.map((user, index) => ({ ...user, id: `u${index}` })))

/** Tasks that a demand can run on what another demand's tasks hold. */
function tasksOn(demand: DrfUser['demand'], holder: DrfUser, tasks: number): number {
  return Math.min(...RESOURCES.map((name) => ((holder.demand[name] ?? 0) * tasks) / (demand[name] ?? 1)))
}

describe('DRF', () => {
  it('is Pareto-efficient: every user is held by a resource that is used up', () => {
    fc.assert(
      fc.property(capacity, users, (pool, list) => {
        const allocations = allocateDrf(pool, list)
        const used = RESOURCES.map((name) =>
          allocations.reduce((sum, { tasks }, index) => sum + tasks * (list[index]!.demand[name] ?? 0), 0),
        )
        for (const [index, name] of RESOURCES.entries())
          expect(used[index]).toBeLessThanOrEqual(pool[name] * (1 + TOLERANCE))
        expect(RESOURCES.some((name, index) => used[index]! >= pool[name] * (1 - TOLERANCE))).toBe(true)
      }),
    )
  })

  it('is envy-free: nobody would run more on the part of another of equal weight', () => {
    fc.assert(
      fc.property(capacity, users, (pool, list) => {
        const allocations = allocateDrf(pool, list)
        for (const [mine, { demand, weight }] of list.entries()) {
          for (const [theirs, other] of list.entries()) {
            const onTheirs = (tasksOn(demand, other, allocations[theirs]!.tasks) * weight) / other.weight
            expect(onTheirs).toBeLessThanOrEqual(allocations[mine]!.tasks * (1 + TOLERANCE))
          }
        }
      }),
    )
  })

  it('gives each user at least what its part of every resource would', () => {
    fc.assert(
      fc.property(capacity, users, (pool, list) => {
        const total = list.reduce((sum, { weight }) => sum + weight, 0)
        for (const [index, { tasks }] of allocateDrf(pool, list).entries()) {
          const { demand, weight } = list[index]!
          const alone = Math.min(...RESOURCES.map((name) => (pool[name] * weight) / total / demand[name]))
          expect(tasks).toBeGreaterThanOrEqual(alone * (1 - TOLERANCE))
        }
      }),
    )
  })

  it('is strategy-proof: a user that lies about its demand runs no more of its real tasks', () => {
    fc.assert(
      fc.property(capacity, users, amounts, (pool, list, lie) => {
        const [honest] = allocateDrf(pool, list)
        const [first, ...others] = list
        const [lying] = allocateDrf(pool, [{ ...first!, demand: lie }, ...others])
        const real = tasksOn(first!.demand, { id: 'lie', demand: lie }, lying!.tasks)
        expect(real).toBeLessThanOrEqual(honest!.tasks * (1 + TOLERANCE))
      }),
    )
  })

  it('gives the same to everybody in whatever order they stand, and never more than a limit', () => {
    fc.assert(
      fc.property(capacity, users, fc.integer({ min: 0, max: 10 }), (pool, list, tasksMax) => {
        const capped = list.map((user) => ({ ...user, tasksMax }))
        const forward = new Map(allocateDrf(pool, capped).map(({ id, tasks }) => [id, tasks]))
        for (const { id, tasks } of allocateDrf(pool, capped.toReversed())) {
          expect(tasks).toBeCloseTo(forward.get(id)!, 6)
          expect(tasks).toBeLessThanOrEqual(tasksMax)
        }
      }),
    )
  })
})

describe('stride scheduling', () => {
  it('keeps every client within the number of clients of its part', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 500 }), (list, choices) => {
        const stride = new StrideScheduler()
        const ids = list.map((_, index) => `c${index}`)
        const total = list.reduce((sum, weight) => sum + weight, 0)
        const counts = list.map(() => 0)
        for (let choice = 0; choice < choices; choice += 1) {
          const index = ids.indexOf(stride.next(ids)!)
          stride.charge(ids[index]!, list[index])
          counts[index]! += 1
        }
        for (const [index, weight] of list.entries())
          expect(Math.abs(counts[index]! - (choices * weight) / total)).toBeLessThanOrEqual(list.length)
      }),
    )
  })
})

describe('EDF', () => {
  it('meets all deadlines on one slot where any order does', () => {
    const jobs = fc
      .array(
        fc.record({ duration: fc.integer({ min: 1, max: 9 }), deadline: fc.integer({ min: 1, max: 30 }) }),
        {
          minLength: 1,
          maxLength: 6,
        },
      )
      .map((list) => list.map((job, index) => ({ ...job, id: `j${index}` })))
    fc.assert(
      fc.property(jobs, (list) => {
        const isMet = !scheduleEdf(list, [0]).some(({ isMissed }) => isMissed)
        expect(isMet).toBe(ordersOf(list).some(meetsAll))
      }),
      { numRuns: 60 },
    )
  })
})

interface Job {
  readonly duration: number
  readonly deadline: number
}

function meetsAll(order: readonly Job[]): boolean {
  let time = 0
  return order.every(({ duration, deadline }) => {
    time += duration
    return time <= deadline
  })
}

function ordersOf(jobs: readonly Job[]): readonly (readonly Job[])[] {
  if (jobs.length <= 1) return [jobs]
  return jobs.flatMap((first, index) => ordersOf(jobs.toSpliced(index, 1)).map((rest) => [first, ...rest]))
}
