import { beforeEach, describe, expect, it } from 'vitest'
import { Reminders } from '#domain/kernel/reminders.ts'
import type { BudgetAmounts } from '#domain/model/budget-record.ts'
import type { ControlRecord } from '#domain/model/control-record.ts'
import { epochMs, type FencingToken, type TaskId, taskId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { AdmissionControl } from '#domain/resources/admission/admission-control.ts'
import { BudgetGate } from '#domain/resources/admission/budget-gate.ts'
import { ConcurrencyGate } from '#domain/resources/admission/concurrency-gate.ts'
import { Controls } from '#domain/resources/admission/controls.ts'
import { type FairnessPolicy, FairShares, SLOTS } from '#domain/resources/admission/fair-shares.ts'
import { PauseGate } from '#domain/resources/admission/pause-gate.ts'
import { RateGate } from '#domain/resources/admission/rate-gate.ts'
import { PriorityScheduler } from '#domain/resources/priority-scheduler.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { sampleEntry } from '../../helpers/sample-records.ts'

const token = 1 as FencingToken
const always = (): boolean => true

let clock: ManualClock
let controls: Controls
let budgets: BudgetGate
let rates: RateGate
let admission: AdmissionControl
let scheduler: PriorityScheduler
let policy: FairnessPolicy

beforeEach(() => {
  clock = new ManualClock()
  controls = new Controls()
  budgets = new BudgetGate()
  rates = new RateGate({ controls })
  policy = 'stride'
  const shares = new FairShares({
    policy: () => policy,
    capacity: () => ({ cpu: 9, memory: 18, [SLOTS]: 100 }),
  })
  admission = new AdmissionControl({
    clock,
    reminders: new Reminders({ clock }),
    onOpen: () => undefined,
    gates: [new PauseGate({ controls }), new ConcurrencyGate({ controls }), rates, budgets],
    shares,
    targetsOf: (task) => [
      ...controls.of(task).map(({ id }) => id),
      ...budgets.chargesOf(task).map(({ target }) => target),
    ],
  })
  scheduler = new PriorityScheduler({ admission, shares })
})

function add(count: number, facts: Partial<ReadyEntry> = {}, prefix = 't'): void {
  for (let index = 0; index < count; index += 1)
    scheduler.add({ ...sampleEntry(taskId(`${prefix}-${String(index).padStart(4, '0')}`)), ...facts })
}

function control(target: ControlRecord['target'], limits: Partial<ControlRecord>): void {
  controls.set({ target, updatedAt: clock.now(), ...limits })
  scheduler.regroup()
}

/** Assigns what may start now, at most so many. */
function assign(countMax: number): readonly TaskId[] {
  return scheduler.first(countMax, always).map((entry) => {
    scheduler.delete(entry.taskId)
    expect(admission.start(entry)).toBe(true)
    admission.assigned(entry.taskId, token)
    return entry.taskId
  })
}

describe('a concurrency limit', () => {
  it('admits no more at once than it allows, in one round and over rounds', () => {
    control({ kind: 'key', name: 'acme' }, { concurrencyMax: 3 })
    add(10, { fairnessKey: 'acme' })
    const first = assign(100)
    expect(first).toHaveLength(3)
    expect(assign(100)).toEqual([])
    admission.end(first[0]!, token)
    expect(assign(100)).toHaveLength(1)
  })

  it('holds up nobody else, and names what it waits for', () => {
    control({ kind: 'type', name: 'slow' }, { concurrencyMax: 1 })
    add(5, { type: 'slow' }, 'slow')
    add(5, { type: 'fast', rank: 1e15 }, 'fast')
    expect(assign(100)).toHaveLength(6)
    const [waiting] = scheduler.first(1, always)
    expect(waiting).toBeUndefined()
    expect(admission.holdOf(scheduler.find(taskId('slow-0001'))!)).toEqual({
      code: 'concurrency_limit',
      target: 'type:slow',
      limit: 1,
      runningCount: 1,
    })
  })

  it('of every key counts each key apart, and gives way to the limit of one key', () => {
    control({ kind: 'key', name: '*' }, { concurrencyMax: 2 })
    control({ kind: 'key', name: 'big' }, { concurrencyMax: 4 })
    for (const fairnessKey of ['a', 'b', 'big']) add(10, { fairnessKey }, fairnessKey)
    add(3, {}, 'without')
    const started = assign(100).map((id) => id.split('-')[0])
    const count = (key: string): number => started.filter((started) => started === key).length
    expect([count('a'), count('b'), count('big'), count('without')]).toEqual([2, 2, 4, 3])
  })

  it('counts what was under way before it was set', () => {
    add(5, { capabilities: ['gpu'] })
    expect(assign(2)).toHaveLength(2)
    control({ kind: 'capability', name: 'gpu' }, { concurrencyMax: 2 })
    expect(assign(100)).toEqual([])
  })

  it('keeps an assignment counted of which the store did not say whether it was written', () => {
    control({ kind: 'swarm' }, { concurrencyMax: 1 })
    add(2)
    const [entry] = scheduler.first(1, always)
    admission.start(entry!)
    // Planned again: the same task may pass, no other may.
    expect(scheduler.first(10, always)).toEqual([entry])
    expect(admission.start(entry!)).toBe(false)
    admission.end(entry!.taskId, token)
    expect(scheduler.first(10, always)).toEqual([entry])
    admission.cancel(entry!.taskId)
    expect(scheduler.first(10, always)).toHaveLength(1)
  })

  it('keeps counting a newer lease when the end of an older one is heard late', () => {
    control({ kind: 'swarm' }, { concurrencyMax: 1 })
    add(2)
    const [entry] = scheduler.first(1, always)
    admission.start(entry!)
    admission.assigned(entry!.taskId, 2 as FencingToken)
    scheduler.delete(entry!.taskId)
    admission.end(entry!.taskId, token)
    expect(assign(10)).toEqual([])
    admission.end(entry!.taskId, 2 as FencingToken)
    expect(assign(10)).toHaveLength(1)
  })
})

describe('a rate limit', () => {
  it('lets 1 000 tasks start in 100 s ± 2 % at 10 a second, the burst at once', () => {
    control({ kind: 'type', name: 'call' }, { rate: { count: 10, windowMs: 1_000, burst: 5 } })
    add(1_000, { type: 'call' })
    expect(assign(1_000)).toHaveLength(5)
    let started = 5
    const from = clock.now()
    while (started < 1_000) {
      const hold = admission.holdOf(scheduler.find(taskId(`t-${String(started).padStart(4, '0')}`))!)
      if (hold?.code !== 'rate_limit') throw new Error('expected the rate limit to hold it')
      clock.advance(hold.retryInMs)
      started += assign(1_000).length
    }
    const tookMs = clock.now() - from
    expect(tookMs).toBeGreaterThanOrEqual(98_000)
    expect(tookMs).toBeLessThanOrEqual(102_000)
  })

  it('gives a token back for an assignment that came to nothing, and none for one that ended', () => {
    control({ kind: 'swarm' }, { rate: { count: 1, windowMs: 60_000 } })
    add(2)
    const [entry] = scheduler.first(1, always)
    admission.start(entry!)
    expect(rates.levelsOf(entry!.taskId)).toMatchObject([{ target: 'swarm', tokens: 0 }])
    admission.cancel(entry!.taskId)
    const [again] = assign(10)
    admission.end(again!, token)
    expect(assign(10)).toEqual([])
  })

  it('goes on from what was stored', () => {
    control({ kind: 'swarm' }, { rate: { count: 1, windowMs: 60_000 } })
    rates.adopt({ target: 'swarm', tokens: 0, at: clock.now() })
    add(1)
    expect(assign(10)).toEqual([])
    clock.advance(60_000)
    expect(assign(10)).toHaveLength(1)
  })
})

describe('a pause', () => {
  it.each([
    [{ kind: 'swarm' } as const, {}],
    [{ kind: 'type', name: 'review' } as const, { type: 'review' }],
    [{ kind: 'capability', name: 'gpu' } as const, { capabilities: ['gpu'] }],
    [{ kind: 'key', name: 'acme' } as const, { fairnessKey: 'acme' }],
  ])('of %j holds what it names until it is lifted', (target, facts) => {
    control(target, { pause: { since: clock.now(), reason: 'maintenance' } })
    add(3, facts)
    add(1, { type: 'other' }, 'other')
    expect(assign(10)).toHaveLength(target.kind === 'swarm' ? 0 : 1)
    expect(admission.holdsOf(scheduler.find(taskId('t-0000'))!)).toMatchObject([
      { code: 'paused', reason: 'maintenance' },
    ])
    control(target, {})
    expect(assign(10)).toHaveLength(target.kind === 'swarm' ? 4 : 3)
  })
})

describe('a budget', () => {
  function budget(target: string, limit: BudgetAmounts, used: BudgetAmounts = {}, revision = 1): void {
    budgets.set({ target, limit, reserved: {}, used, revision, updatedAt: epochMs(0) })
    scheduler.regroup()
  }

  it('admits what it can pay for, counting what is being written', () => {
    budget('key:acme', { tokens: 100 })
    add(10, { fairnessKey: 'acme', cost: { tokens: 30 } })
    add(2, { fairnessKey: 'other', cost: { tokens: 500 } }, 'other')
    expect(scheduler.first(100, always)).toHaveLength(5)
    for (const entry of scheduler.first(100, always)) admission.start(entry)
    expect(admission.holdOf(scheduler.find(taskId('t-0003'))!)).toEqual({
      code: 'budget_exhausted',
      target: 'key:acme',
      unit: 'tokens',
    })
    budget('key:acme', { tokens: 130 }, {}, 2)
    expect(admission.holdOf(scheduler.find(taskId('t-0003'))!)).toBeUndefined()
    budget('key:acme', { tokens: 90 }, {}, 1)
    expect(admission.holdOf(scheduler.find(taskId('t-0003'))!)).toBeUndefined()
  })

  it('of a tree of tasks counts its root and all below it', () => {
    budget('task:root', { money: 1 }, { money: 1 })
    add(1, { rootTaskId: taskId('root') }, 'child')
    add(1, {}, 'alone')
    scheduler.add(sampleEntry(taskId('root')))
    expect(scheduler.first(10, always).map(({ taskId }) => taskId)).toEqual(['alone-0000'])
  })
})

describe('fair shares', () => {
  function counts(countMax: number): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const id of assign(countMax)) counts[id.split('-')[0]!] = (counts[id.split('-')[0]!] ?? 0) + 1
    return counts
  }

  it('by stride serves keys by weight, whatever came first', () => {
    add(600, { fairnessKey: 'a', fairnessWeight: 1, rank: 0 }, 'a')
    add(600, { fairnessKey: 'b', fairnessWeight: 2, rank: 1 }, 'b')
    add(600, { fairnessKey: 'c', fairnessWeight: 3, rank: 2 }, 'c')
    const total: Record<string, number> = { a: 0, b: 0, c: 0 }
    for (let round = 0; round < 60; round += 1)
      for (const [key, count] of Object.entries(counts(10))) total[key]! += count
    expect(Math.abs(total['a']! - 100)).toBeLessThanOrEqual(1)
    expect(Math.abs(total['b']! - 200)).toBeLessThanOrEqual(1)
    expect(Math.abs(total['c']! - 300)).toBeLessThanOrEqual(1)
  })

  it('serves the tasks of one key by rank', () => {
    add(1, { fairnessKey: 'a', rank: 5 }, 'late')
    add(1, { fairnessKey: 'a', rank: 1 }, 'early')
    expect(assign(1)).toEqual(['early-0000'])
  })

  it('by DRF equalises dominant shares of what is held: 3 and 2 in the example of the paper', () => {
    policy = 'drf'
    add(10, { fairnessKey: 'a', resources: { cpu: 1, memory: 4 } }, 'a')
    add(10, { fairnessKey: 'b', resources: { cpu: 3, memory: 1 } }, 'b')
    expect(counts(5)).toEqual({ a: 3, b: 2 })
    admission.end(taskId('b-0000'), token)
    expect(counts(1)).toEqual({ b: 1 })
  })
})
