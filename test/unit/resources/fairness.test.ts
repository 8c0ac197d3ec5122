import { describe, expect, it } from 'vitest'
import { allocateDrf, type DrfUser } from '#domain/resources/drf.ts'
import { missedIfAdmitted, scheduleEdf } from '#domain/resources/edf.ts'
import { StrideScheduler } from '#domain/resources/stride.ts'

const A = { id: 'a', demand: { cpu: 1, memory: 4 } }
const B = { id: 'b', demand: { cpu: 3, memory: 1 } }
const POOL = { cpu: 9, memory: 18 }

const tasksOf = (allocations: ReturnType<typeof allocateDrf>): readonly number[] =>
  allocations.map(({ tasks }) => tasks)

describe('allocateDrf', () => {
  it('equalises dominant shares: the example of the paper', () => {
    const allocations = allocateDrf(POOL, [A, B])
    expect(tasksOf(allocations)).toEqual([3, 2])
    for (const { dominantShare } of allocations) expect(dominantShare).toBeCloseTo(2 / 3, 12)
  })

  it('gives dominant shares in proportion to weights', () => {
    const [a, b] = tasksOf(allocateDrf(POOL, [{ ...A, weight: 2 }, B]))
    expect(a).toBeCloseTo(54 / 13, 12)
    expect(b).toBeCloseTo(18 / 13, 12)
  })

  it('passes on what a capped user leaves', () => {
    const [a, b] = tasksOf(allocateDrf(POOL, [{ ...A, tasksMax: 1 }, B]))
    expect(a).toBe(1)
    expect(b).toBeCloseTo(8 / 3, 12)
  })

  it('lets the others go on where one resource is used up', () => {
    const users = [
      { id: 'a', demand: { x: 1, y: 3 } },
      { id: 'b', demand: { x: 1, y: 1 } },
    ]
    expect(tasksOf(allocateDrf({ x: 30, y: 30 }, users))).toEqual([5, 15])
  })

  it('goes on with users that do not need what is used up', () => {
    const users = [
      { id: 'cpu', demand: { cpu: 1 } },
      { id: 'both', demand: { cpu: 1, gpu: 1 } },
      { id: 'gpu', demand: { gpu: 1 } },
    ]
    expect(tasksOf(allocateDrf({ cpu: 4, gpu: 100 }, users))).toEqual([2, 2, 98])
  })

  it('gives nothing to who needs what is not there, and no limit to who needs nothing', () => {
    const users: readonly DrfUser[] = [
      { id: 'a', demand: { gpu: 1 } },
      { id: 'b', demand: {} },
      { id: 'c', demand: { constructor: 1 } },
    ]
    expect(tasksOf(allocateDrf({ cpu: 1 }, users))).toEqual([0, Infinity, 0])
    expect(allocateDrf({ cpu: 1 }, [])).toEqual([])
  })

  it.each([
    [{ cpu: Number.NaN }, A],
    [{ cpu: -1 }, A],
    [POOL, { ...A, demand: { cpu: Infinity } }],
    [POOL, { ...A, demand: { cpu: -1 } }],
    [POOL, { ...A, weight: 0 }],
    [POOL, { ...A, weight: Number.NaN }],
    [POOL, { ...A, tasksMax: -1 }],
  ])('refuses %j with %j', (capacity, user) => {
    expect(() => allocateDrf(capacity, [user])).toThrow(RangeError)
  })
})

describe('StrideScheduler', () => {
  it('serves 3 : 2 : 1 within one of 300, 200 and 100 over 600 choices', () => {
    const stride = new StrideScheduler()
    const weights: Record<string, number> = { c: 1, a: 3, b: 2 }
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 }
    for (let choice = 1; choice <= 600; choice += 1) {
      const client = stride.next(Object.keys(weights))!
      stride.charge(client, weights[client])
      counts[client]! += 1
      for (const [name, weight] of Object.entries(weights))
        expect(Math.abs(counts[name]! - (choice * weight) / 6)).toBeLessThanOrEqual(1.5)
    }
    expect(Math.abs(counts['a']! - 300)).toBeLessThanOrEqual(1)
    expect(Math.abs(counts['b']! - 200)).toBeLessThanOrEqual(1)
    expect(Math.abs(counts['c']! - 100)).toBeLessThanOrEqual(1)
  })

  it('saves nothing up for a client that was away', () => {
    const stride = new StrideScheduler()
    for (let choice = 0; choice < 1_000; choice += 1) stride.charge('busy')
    const counts = { busy: 0, back: 0 }
    for (let choice = 0; choice < 100; choice += 1) {
      const client = stride.next(['busy', 'back']) as 'busy' | 'back'
      stride.charge(client)
      counts[client] += 1
    }
    expect(counts).toEqual({ busy: 50, back: 50 })
  })

  it('takes back what came to nothing', () => {
    const stride = new StrideScheduler()
    stride.charge('a', 2)
    stride.charge('b', 2)
    stride.charge('a', 2)
    stride.refund('a')
    expect(stride.dueAt('a')).toBe(stride.dueAt('b'))
  })

  it('remembers a bounded number of clients', () => {
    const stride = new StrideScheduler(10)
    for (let client = 0; client < 1_000; client += 1) stride.charge(`client-${client}`)
    stride.charge('client-999')
    expect(stride.dueAt('client-999')).toBeGreaterThan(stride.dueAt('client-0'))
  })
})

describe('scheduleEdf', () => {
  const job = (id: string, duration: number, deadline: number) => ({ id, duration, deadline })

  it('meets (2, 5) and (4, 7)', () => {
    const placements = scheduleEdf([job('b', 4, 7), job('a', 2, 5)], [0])
    expect(placements.map(({ id, endsAt, isMissed }) => [id, endsAt, isMissed])).toEqual([
      ['a', 2, false],
      ['b', 6, false],
    ])
  })

  it('uses every slot as it becomes free', () => {
    const placements = scheduleEdf([job('a', 2, 5), job('b', 4, 7), job('c', 1, 4)], [3, 0])
    expect(placements.map(({ id, startsAt }) => [id, startsAt])).toEqual([
      ['c', 0],
      ['a', 1],
      ['b', 3],
    ])
  })

  it('refuses the job with which a deadline would be missed, and names who would be late', () => {
    const admitted = [job('a', 2, 5), job('b', 4, 7)]
    expect(missedIfAdmitted(job('c', 1, 7), admitted, [0])).toEqual([])
    expect(missedIfAdmitted(job('c', 2, 7), admitted, [0]).map(({ id }) => id)).toEqual(['c'])
    expect(missedIfAdmitted(job('c', 2, 6), admitted, [0]).map(({ id }) => id)).toEqual(['b'])
    expect(missedIfAdmitted(job('c', 0, Infinity), admitted, [])).toHaveLength(1)
  })
})
