import { describe, expect, it } from 'vitest'
import { BUCKET_COUNT, bucketOf } from '#domain/intelligence/trails/edge-bucket.ts'
import {
  drawOptions,
  followProbabilities,
  type TrailOption,
} from '#domain/intelligence/trails/follow-trails.ts'
import { TrailDraft } from '#domain/intelligence/trails/trail-draft.ts'
import {
  bucketFrom,
  bucketRecordOf,
  type TrailBucketRecord,
} from '#domain/intelligence/trails/trail-records.ts'
import { TrailSet, type TrailSetHeader } from '#domain/intelligence/trails/trail-set.ts'
import {
  completeSettings,
  type TrailSettingsInput,
  unsoundSettings,
} from '#domain/intelligence/trails/trail-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { depositInto, trailSet } from '../../helpers/trails/trail-sets.ts'

describe('a trail set', () => {
  it('reads an edge without deposits at its initial level, faded since the creation', () => {
    const set = trailSet({ evaporation: { unit: 'ms', halfLife: 1_000 }, initial: 8 })
    expect(set.read('a', 0)).toBe(8)
    expect(set.read('a', 3_000)).toBe(1)
  })

  it('counts one deposit request as one unit where it evaporates by deposits', () => {
    const set = trailSet({ evaporation: { unit: 'deposits', rate: 0.5 }, initial: 8, max: 10 })
    depositInto(set, [
      ['b', 1],
      ['c', 1],
    ])
    expect([set.read('a', 99), set.read('b', 99), set.read('c', 99)]).toEqual([4, 5, 5])
  })

  it('follows the rule of MAX-MIN ant systems where limits apply to deposits', () => {
    const set = trailSet({ evaporation: { unit: 'deposits', rate: 0.02 }, min: 0.05, max: 1, initial: 0.5 })
    let level = 0.5
    let other = 0.5
    for (const amount of [0.15, 0.15, 0.9, -0.15, -3, 0.15]) {
      depositInto(set, [['a', amount]])
      level = Math.min(1, Math.max(0.05, Math.max(0.05, level * 0.98) + amount))
      other = Math.max(0.05, other * 0.98)
      expect(set.read('a', 0)).toBeCloseTo(level, 12)
      expect(set.read('b', 0)).toBeCloseTo(other, 12)
    }
  })

  it('grows no stronger when the clock is set back', () => {
    const set = trailSet({ evaporation: { unit: 'ms', halfLife: 1_000 } })
    depositInto(set, [['a', 4]], 10_000)
    expect(set.read('a', 2_000)).toBe(4)
    depositInto(set, [['a', 1]], 5_000)
    expect(set.read('a', 11_000)).toBe(2.5)
  })

  it('keeps names as plain data, also those of object members', () => {
    const set = trailSet({ evaporation: { unit: 'ms', rate: 0 } })
    const names = ['__proto__', 'constructor', '..', 'a/b', 'ß→中', ' ']
    depositInto(
      set,
      names.map((name, index) => [name, index + 1]),
    )
    expect(names.map((name) => set.read(name, 0))).toEqual([1, 2, 3, 4, 5, 6])
    expect(set.read('toString', 0)).toBe(0)
  })

  it('names its strongest edges, equal ones by name', () => {
    const set = trailSet({ evaporation: { unit: 'ms', rate: 0 } })
    depositInto(set, [
      ['x1', 1],
      ['x3', 3],
      ['b', 2],
      ['a', 2],
      ['x9', 9],
    ])
    expect(set.top({ countMax: 3, prefix: '' }, 0).map(({ edge }) => edge)).toEqual(['x9', 'x3', 'a'])
    expect(set.top({ countMax: 9, prefix: 'x' }, 0).map(({ edge }) => edge)).toEqual(['x9', 'x3', 'x1'])
  })

  it('sets edges back, and the whole set', () => {
    const set = trailSet({ evaporation: { unit: 'deposits', rate: 0.5 }, initial: 8, max: 10 })
    depositInto(set, [
      ['a', 1],
      ['b', 1],
    ])
    const draft = new TrailDraft({ edgesMax: 9 }, set)
    expect(draft.clearEdges(['a', 'never'])).toBe(1)
    set.apply(draft.change)
    expect([set.read('a', 0), set.read('b', 0), set.header.edgeCount]).toEqual([4, 5, 1])
    const all = new TrailDraft({ edgesMax: 9 }, set)
    expect(all.clear(0)).toBe(1)
    set.apply(all.change)
    expect([set.read('b', 0), set.header.edgeCount, set.buckets.size]).toEqual([8, 0, 0])
  })

  it('refuses more edges than it may hold, whole requests at a time, and forgets those that have faded', () => {
    const set = trailSet({ evaporation: { unit: 'ms', halfLife: 10 } })
    depositInto(set, [['a', 1]], 0, 2)
    const draft = new TrailDraft({ edgesMax: 2 }, set)
    const both = [
      { edge: 'b', amount: 1 },
      { edge: 'c', amount: 1 },
    ]
    expect(() => draft.deposit(both, 0)).toThrow(/trailEdgesMax/)
    set.apply(draft.change)
    expect([set.read('a', 0), set.read('b', 0)]).toEqual([1, 0])
    depositInto(
      set,
      [
        ['b', 1],
        ['c', 1],
      ],
      1_000,
      2,
    )
    expect(set.header.edgeCount).toBe(2)
  })

  it('spreads edges over buckets by a salt that differs from set to set', () => {
    const edges = Array.from({ length: 2_560 }, (_, index) => `edge-${index}`)
    const counts = new Map<number, number>()
    for (const edge of edges) counts.set(bucketOf(edge, 7), (counts.get(bucketOf(edge, 7)) ?? 0) + 1)
    expect([...counts.keys()].every((index) => index >= 0 && index < BUCKET_COUNT)).toBe(true)
    expect(counts.size).toBeGreaterThan(250)
    expect(Math.max(...counts.values())).toBeLessThan(40)
    expect(edges.filter((edge) => bucketOf(edge, 7) === bucketOf(edge, 8)).length).toBeLessThan(40)
  })
})

describe('the settings of a trail set', () => {
  it.each<[TrailSettingsInput, string]>([
    [{ evaporation: { unit: 'ms' } }, 'either'],
    [{ evaporation: { unit: 'ms', halfLife: 1, rate: 0.1 } }, 'either'],
    [{ evaporation: { unit: 'ms', halfLife: -5 } }, 'halfLife'],
    [{ evaporation: { unit: 'ms', halfLife: 0 } }, 'halfLife'],
    [{ evaporation: { unit: 'ms', halfLife: Number.NaN } }, 'halfLife'],
    [{ evaporation: { unit: 'ms', halfLife: Number.POSITIVE_INFINITY } }, 'halfLife'],
    [{ evaporation: { unit: 'deposits', rate: 1 } }, 'rate'],
    [{ evaporation: { unit: 'deposits', rate: -0.1 } }, 'rate'],
    [{ evaporation: { unit: 'deposits', rate: Number.NaN } }, 'rate'],
    [{ evaporation: { unit: 'ms', rate: 0 }, min: -1 }, 'min'],
    [{ evaporation: { unit: 'ms', rate: 0 }, min: 2, max: 1 }, 'min'],
    [{ evaporation: { unit: 'ms', rate: 0 }, max: 1e7 }, 'max'],
    [{ evaporation: { unit: 'ms', rate: 0 }, max: Number.NaN }, 'max'],
    [{ evaporation: { unit: 'ms', rate: 0 }, max: 1, initial: 2 }, 'initial'],
  ])('are refused with a reason: %j', (input, reason) => {
    expect(unsoundSettings(completeSettings(input))).toContain(reason)
  })

  it('are sound by default', () => {
    expect(unsoundSettings(completeSettings({ evaporation: { unit: 'ms', halfLife: 1 } }))).toBeUndefined()
  })
})

describe('following trails', () => {
  const options: TrailOption[] = [
    { level: 1, heuristic: 1 },
    { level: 2, heuristic: 1 },
    { level: 1, heuristic: 3 },
  ]

  it('weighs options by level^alpha and heuristic^beta', () => {
    const probabilities = followProbabilities(options, { alpha: 2, beta: 1 })
    expect(probabilities.map((p) => p * 8)).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(4, 12),
      expect.closeTo(3, 12),
    ])
  })

  it('stands extreme levels, heuristics and exponents', () => {
    const extreme = [
      { level: 1e6, heuristic: 1e9 },
      { level: 1e-300, heuristic: 1e-300 },
      { level: 0, heuristic: 0 },
    ]
    expect(followProbabilities(extreme, { alpha: 20, beta: 20 })).toEqual([1, 0, 0])
    expect(followProbabilities([{ level: 0, heuristic: 0 }], { alpha: 1, beta: 1 })).toEqual([1])
    expect(followProbabilities([], { alpha: 1, beta: 1 })).toEqual([])
  })

  it('draws each option as often as its probability says', () => {
    const random = new SeededRandom(5)
    const counts = [0, 0, 0]
    for (let round = 0; round < 8_000; round += 1) {
      const [index = 0] = drawOptions(options, { alpha: 2, beta: 1, countMax: 1 }, random)
      counts[index] = (counts[index] ?? 0) + 1
    }
    expect(counts.map((count) => count / 1_000)).toEqual([
      expect.closeTo(1, 0),
      expect.closeTo(4, 0),
      expect.closeTo(3, 0),
    ])
  })

  it('draws no option twice, and those without weight last', () => {
    const some = [{ level: 0, heuristic: 1 }, ...options]
    const drawn = drawOptions(some, { alpha: 1, beta: 1, countMax: 9 }, new SeededRandom(1))
    expect(drawn.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
    expect(drawn.at(-1)).toBe(0)
  })
})

describe('a trail set that is built again', () => {
  it('reads as before from its header and buckets', () => {
    const set = trailSet({ evaporation: { unit: 'ms', halfLife: 777 }, initial: 3 })
    depositInto(set, [['a', 1]], 10)
    depositInto(set, [['a', 2]], 20)
    const buckets = [...set.buckets].map(([index, bucket]) => [index, bucketRecordOf(bucket)] as const)
    const stored = JSON.parse(JSON.stringify({ header: set.header, buckets })) as {
      readonly header: TrailSetHeader
      readonly buckets: readonly (readonly [number, TrailBucketRecord])[]
    }
    const again = new TrailSet(
      stored.header,
      stored.buckets.map(([index, record]) => [index, bucketFrom(record)]),
    )
    expect([again.read('a', 5_000), again.read('b', 5_000)]).toEqual([
      set.read('a', 5_000),
      set.read('b', 5_000),
    ])
  })
})
