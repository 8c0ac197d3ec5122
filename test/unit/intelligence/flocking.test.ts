import { describe, expect, it } from 'vitest'
import { Demand } from '#domain/intelligence/flocking/demand.ts'
import { planFlight } from '#domain/intelligence/flocking/flight-plan.ts'
import { Flock } from '#domain/intelligence/flocking/flock.ts'
import type { FlockSettings } from '#domain/intelligence/flocking/flock-settings.ts'
import type { GroupChange } from '#domain/intelligence/flocking/group-change.ts'
import { agentId } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

const [ada, bob, eve] = [agentId('ada'), agentId('bob'), agentId('eve')]

describe('a flock', () => {
  it('learns work from prepared agents and set-up from the others', () => {
    const { flock } = flockOf()
    teachCosts(flock)
    expect(flock.workMs('a')).toBeCloseTo(100, 0)
    expect(flock.setUpMs).toBeCloseTo(50, 0)
  })

  it('takes an agent that does not report as prepared for what it began last, once for each slot', () => {
    const { flock } = flockOf()
    expect(flock.began({ agentId: ada, kind: 'a', slots: 1 })).toBe(false)
    expect(flock.began({ agentId: ada, kind: 'a', slots: 1 })).toBe(true)
    flock.began({ agentId: ada, kind: 'b', slots: 1 })
    expect(flock.isPrepared(ada, 'a')).toBe(false)
    for (const kind of ['a', 'b', 'c']) flock.began({ agentId: bob, kind, slots: 2 })
    expect(['a', 'b', 'c'].map((kind) => flock.isPrepared(bob, kind))).toEqual([false, true, true])
  })

  it('believes what an agent reports', () => {
    const { flock } = flockOf()
    flock.report(ada, ['a', '__proto__', 'b'])
    expect(['a', '__proto__', 'b', 'c'].map((kind) => flock.isPrepared(ada, kind))).toEqual([
      true,
      true,
      true,
      false,
    ])
    flock.report(ada, [])
    expect(flock.isPrepared(ada, 'a')).toBe(false)
  })

  it('asks more of an agent that would be missed where it is', () => {
    const { flock } = flockOf()
    teachCosts(flock)
    flock.report(ada, ['a'])
    flock.report(bob, ['b'])
    flock.report(eve, ['b'])
    for (let count = 0; count < 200; count += 1) flock.began({ agentId: ada, kind: 'a', slots: 1 })
    expect(flock.priceOf(ada, 'a')).toBe(0)
    expect(flock.priceOf(ada, 'c')).toBeGreaterThan(flock.priceOf(bob, 'c') * 1.5)
    flock.configure({ separation: false })
    expect(flock.priceOf(ada, 'c')).toBe(flock.priceOf(bob, 'c'))
    flock.configure({ cohesion: false })
    expect(flock.priceOf(ada, 'c')).toBe(0)
  })

  it('learns nothing while it does not adapt', () => {
    const { flock } = flockOf({ adapts: false })
    teachCosts(flock)
    expect([flock.setUpMs, flock.workMs('a'), flock.isPrepared(ada, 'a')]).toEqual([0, 0, false])
  })

  it('forgets an agent that left', () => {
    const { flock, changes } = flockOf()
    teachSkills(flock)
    expect(flock.grouping.groupOf(ada)).toBeDefined()
    flock.remove(ada)
    expect(flock.grouping.groupOf(ada)).toBeUndefined()
    expect(flock.skills.of(ada).size).toBe(0)
    expect(changes.at(-1)).toMatchObject({ type: 'dissolved' })
  })
})

describe('groups', () => {
  it('form of agents that are better at the same work, and tell how they changed', () => {
    const { flock, changes } = flockOf()
    teachSkills(flock)
    const group = flock.grouping.groupOf(ada)
    expect([...(group?.members ?? [])].toSorted()).toEqual([ada, bob])
    expect(flock.grouping.groupOf(eve)).toBeUndefined()
    expect(changes[0]).toMatchObject({ type: 'formed', group: 'group-1' })
  })

  it('form of agents that are prepared for the same kinds where set-up costs', () => {
    const { flock } = flockOf()
    teachCosts(flock)
    flock.report(ada, ['x'])
    flock.report(bob, ['x'])
    flock.report(eve, ['y'])
    expect([...(flock.grouping.groupOf(ada)?.members ?? [])].toSorted()).toEqual([ada, bob])
    flock.report(bob, ['y'])
    expect([...(flock.grouping.groupOf(bob)?.members ?? [])].toSorted()).toEqual([bob, eve])
    expect(flock.grouping.groupOf(ada)).toBeUndefined()
  })

  it('split when some go another way together, and merge when they meet', () => {
    const { flock, changes } = flockOf()
    teachCosts(flock)
    const flyers = Array.from({ length: 6 }, (_, index) => agentId(`agent-${index}`))
    for (const flyer of flyers) flock.report(flyer, ['x', 'y'])
    for (const flyer of flyers.slice(0, 3)) flock.report(flyer, ['y'])
    for (const flyer of flyers.slice(3)) flock.report(flyer, ['x'])
    expect(changes.map(({ type }) => type)).toContain('split')
    for (const flyer of flyers) flock.report(flyer, ['x', 'y'])
    const names = new Set(flyers.map((flyer) => flock.grouping.groupOf(flyer)?.name))
    expect(names.size).toBe(1)
  })

  it('keep sums that equal those of their members', () => {
    const random = new SeededRandom(3)
    const { flock } = flockOf()
    const flyers = Array.from({ length: 12 }, (_, index) => agentId(`agent-${index}`))
    for (let step = 0; step < 4_000; step += 1) {
      const flyer = random.pick(flyers)
      const kind = `kind-${random.integer(8)}`
      const wasPrepared = flock.began({ agentId: flyer, kind, slots: 1 + random.integer(2) })
      const hasSucceeded =
        random.next() < ((flyers.indexOf(flyer) + Number(kind.at(-1))) % 2 === 0 ? 0.9 : 0.3)
      flock.learn({ agentId: flyer, kind, hasSucceeded, durationMs: wasPrepared ? 100 : 150, wasPrepared })
      if (step % 500 === 499) flock.remove(random.pick(flyers))
    }
    expect(flock.grouping.groups.size).toBeGreaterThan(0)
    for (const group of flock.grouping.groups.values()) {
      expect(group.members.size).toBeGreaterThan(1)
      for (const [kind, { attempts }] of group.skills) {
        const sum = [...group.members]
          .map((member) => flock.skills.of(member).get(kind)?.attempts ?? 0)
          .reduce((a, b) => a + b, 0)
        expect(attempts).toBeCloseTo(sum, 6)
      }
      for (const [kind, count] of group.prepared)
        expect([...group.members].filter((member) => flock.isPrepared(member, kind)).length).toBe(count)
    }
  })
})

describe('a flight plan', () => {
  it('lets a task wait for the agent that is prepared where that is expected to take less', () => {
    const { flock } = flockOf()
    teachCosts(flock)
    flock.report(ada, ['a'])
    flock.report(bob, ['b'])
    const busy = (elapsedMs: number) => [
      { agentId: ada, slots: 1, active: [{ kind: 'a', elapsedMs, wasPrepared: true }], hasRoom: false },
      { agentId: bob, slots: 1, active: [], hasRoom: true },
    ]
    const random = new SeededRandom(1)
    const [soon] = planFlight(flock, [{ kind: 'a', candidates: busy(70) }], random)
    expect(soon).toMatchObject({ agentId: ada, startsNow: false })
    const [late] = planFlight(flock, [{ kind: 'a', candidates: busy(0) }], random)
    expect(late).toMatchObject({ agentId: bob, startsNow: true })
  })

  it('gives no agent more than it can take, and leaves no agent idle for many tasks', () => {
    const { flock } = flockOf()
    teachCosts(flock)
    const candidates = [ada, bob].map((id) => ({ agentId: id, slots: 2, active: [], hasRoom: true }))
    const plan = planFlight(
      flock,
      Array.from({ length: 9 }, () => ({ kind: 'a', candidates })),
      new SeededRandom(1),
    )
    const started = plan.filter((choice) => choice?.startsNow === true)
    expect(started.filter((choice) => choice?.agentId === ada)).toHaveLength(2)
    expect(started).toHaveLength(4)
  })

  it('gives what it has no time to compare to agents with room', () => {
    const { flock } = flockOf()
    const candidates = Array.from({ length: 150 }, (_, index) => ({
      agentId: agentId(`agent-${index}`),
      slots: 2,
      active: [],
      hasRoom: true,
    }))
    const plan = planFlight(
      flock,
      Array.from({ length: 300 }, () => ({ kind: 'a', candidates })),
      new SeededRandom(1),
    )
    expect(plan.every((choice) => choice?.startsNow === true)).toBe(true)
  })
})

describe('demand', () => {
  it('follows what work there is, over any number of tasks', () => {
    const demand = new Demand()
    for (let count = 0; count < 200_000; count += 1) demand.add(count % 4 === 0 ? 'a' : 'b', 2)
    expect(demand.share('a')).toBeCloseTo(0.25, 2)
    for (let count = 0; count < 3_000; count += 1) demand.add('a', 2)
    expect(demand.share('a')).toBeGreaterThan(0.99)
    expect(demand.share('never')).toBe(0)
  })
})

function flockOf(settings: Partial<FlockSettings> = {}) {
  const changes: GroupChange[] = []
  return { flock: new Flock(settings, { onChange: (change) => changes.push(change) }), changes }
}

/** Work of 100 ms, set-ups of 50 ms, and nothing that fails. */
function teachCosts(flock: Flock): void {
  const teacher = agentId('teacher')
  for (let count = 0; count < 50; count += 1) {
    for (const wasPrepared of [true, true, false]) {
      const durationMs = wasPrepared ? 100 : 150
      flock.learn({ agentId: teacher, kind: 'a', hasSucceeded: true, durationMs, wasPrepared })
    }
  }
  flock.remove(teacher)
}

/** Ada and Bob succeed at even kinds and fail at odd ones, Eve the other way. */
function teachSkills(flock: Flock): void {
  for (let round = 0; round < 10; round += 1) {
    for (const [index, id] of [ada, eve, bob].entries()) {
      for (let kind = 0; kind < 6; kind += 1) {
        const hasSucceeded = (kind % 2 === 0) === (index !== 1)
        flock.learn({ agentId: id, kind: `kind-${kind}`, hasSucceeded, durationMs: 100, wasPrepared: true })
      }
    }
  }
}
