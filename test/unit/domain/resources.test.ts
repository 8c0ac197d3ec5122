import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import { backoffMs } from '#domain/resources/backoff.ts'
import { DurationHistogram } from '#domain/resources/duration-histogram.ts'
import { PriorityScheduler } from '#domain/resources/priority-scheduler.ts'
import { sampleEntry } from '../../helpers/sample-records.ts'

const everything = () => true

describe('PriorityScheduler', () => {
  const ids = (scheduler: PriorityScheduler, countMax = 10) =>
    scheduler.first(countMax, everything).map((entry) => entry.taskId)

  it('says what is next without taking it', () => {
    const scheduler = new PriorityScheduler()
    for (const [id, rank] of [
      ['c', 3],
      ['a', 1],
      ['b', 2],
    ] as const)
      scheduler.add(sampleEntry(id, { rank }))
    expect(ids(scheduler, 2)).toEqual(['a', 'b'])
    expect(ids(scheduler)).toEqual(['a', 'b', 'c'])
    expect(scheduler.size).toBe(3)
  })

  it('passes over lines that nobody can serve now', () => {
    const scheduler = new PriorityScheduler()
    scheduler.add(sampleEntry('rust', { rank: 1, capabilities: ['rust'] }))
    scheduler.add(sampleEntry('gpu', { rank: 2, resources: { gpu: 1 } }))
    scheduler.add(sampleEntry('plain', { rank: 3 }))
    const found = scheduler.first(
      10,
      ({ capabilities, resources }) => capabilities[0] === 'review' && Object.keys(resources).length === 0,
    )
    expect(found.map((entry) => entry.taskId)).toEqual(['plain'])
    expect(scheduler.requirements()).toHaveLength(3)
  })

  it('puts tasks that ask for the same in one line, whatever the order of the names', () => {
    const scheduler = new PriorityScheduler()
    scheduler.add(sampleEntry('a', { capabilities: ['x', 'y'], resources: { gpu: 1, cpu: 2 } }))
    scheduler.add(sampleEntry('b', { capabilities: ['y', 'x'], resources: { cpu: 2, gpu: 1 } }))
    expect(scheduler.requirements()).toHaveLength(1)
  })

  it('keeps the newest entry of a task and forgets a deleted one', () => {
    const scheduler = new PriorityScheduler()
    scheduler.add(sampleEntry('a', { rank: 5, readyCount: 2 }))
    scheduler.add(sampleEntry('a', { rank: 1, readyCount: 1 }))
    expect(scheduler.first(10, everything)).toMatchObject([{ rank: 5, readyCount: 2 }])
    scheduler.add(sampleEntry('a', { rank: 7, readyCount: 3 }))
    expect(scheduler.first(10, everything)).toMatchObject([{ rank: 7, readyCount: 3 }])
    expect(scheduler.delete(taskId('a'))).toMatchObject({ readyCount: 3 })
    expect([ids(scheduler), scheduler.size, scheduler.requirements(), scheduler.delete(taskId('a'))]).toEqual(
      [[], 0, [], undefined],
    )
  })

  it('takes a task back that was deleted, as the same or as new', () => {
    const scheduler = new PriorityScheduler()
    scheduler.add(sampleEntry('a', { rank: 1 }))
    const entry = scheduler.delete(taskId('a'))
    scheduler.add(entry!)
    expect(ids(scheduler)).toEqual(['a'])
    expect(scheduler.first(10, everything)).toHaveLength(1)
  })

  it('keeps nothing of deleted tasks in lines that nobody serves', () => {
    const scheduler = new PriorityScheduler()
    for (let index = 0; index < 5_000; index += 1) {
      scheduler.add(sampleEntry(`t${index}`, { capabilities: [`c${index}`] }))
      scheduler.delete(taskId(`t${index}`))
    }
    expect(scheduler.requirements().length).toBeLessThan(2_000)
  })

  it('knows how long the oldest has been ready', () => {
    const scheduler = new PriorityScheduler()
    expect(scheduler.oldestReadyAt()).toBeUndefined()
    for (const readyAt of [30, 10, 20])
      scheduler.add(sampleEntry(`t${readyAt}`, { readyAt: readyAt as never }))
    expect(scheduler.oldestReadyAt()).toBe(10)
  })
})

describe('backoffMs', () => {
  const backoff = { baseMs: 1_000, factor: 2, maxMs: 10_000 }

  it.each([
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [4, 4_000, 8_000],
    [5, 5_000, 10_000],
    [60, 5_000, 10_000],
    [2_000, 5_000, 10_000],
  ])('waits between half and all of its step after attempt %i', (attempt, least, most) => {
    expect(backoffMs(backoff, attempt, 0)).toBe(least)
    expect(backoffMs(backoff, attempt, 1)).toBe(most)
  })
})

describe('DurationHistogram', () => {
  it('has nothing to say of nothing', () => {
    expect(new DurationHistogram().summary()).toEqual({
      count: 0,
      meanMs: 0,
      p50Ms: 0,
      p90Ms: 0,
      p99Ms: 0,
      maxMs: 0,
    })
  })

  it('forgets what is older than its window', () => {
    const histogram = new DurationHistogram(1_000)
    for (let index = 0; index < 500; index += 1) histogram.record(1_000_000)
    for (let index = 0; index < 1_000; index += 1) histogram.record(10)
    expect(histogram.summary()).toMatchObject({ count: 1_000, meanMs: 10, p50Ms: 10, p99Ms: 10, maxMs: 10 })
  })
})
