import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TrailSettingsInput } from '#domain/intelligence/trails/trail-settings.ts'
import { depositInto, trailSet } from '../../helpers/trails/trail-sets.ts'

const amount = fc.double({ min: -1_000, max: 1_000, noNaN: true })
const event = fc.record({ edge: fc.constantFrom('a', 'b', '__proto__'), amount, at: fc.nat(10_000) })
const evaporation = fc.oneof(
  fc.record({ unit: fc.constant('ms' as const), halfLife: fc.double({ min: 0.5, max: 1e6, noNaN: true }) }),
  fc.record({ unit: fc.constant('ms' as const), rate: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
)
const limits = { min: 2, max: 500, initial: 100 }

describe('trails that evaporate by time', () => {
  it('read as the closed formula says, whatever was read in between', () => {
    fc.assert(
      fc.property(
        evaporation,
        fc.array(event, { maxLength: 30 }),
        fc.nat(20_000),
        (fading, events, later) => {
          const settings = { evaporation: fading, ...limits }
          const set = trailSet(settings)
          const inOrder = events.toSorted((a, b) => a.at - b.at)
          for (const { edge, amount, at } of inOrder) {
            set.read(edge, at)
            depositInto(set, [[edge, amount]], at)
            set.top({ countMax: 2, prefix: '' }, at)
          }
          const at = (inOrder.at(-1)?.at ?? 0) + later
          for (const edge of ['a', 'b', '__proto__', 'never']) {
            const sum = inOrder
              .filter((deposit) => deposit.edge === edge)
              .map((deposit) => deposit.amount * left(settings, at - deposit.at))
              .reduce((a, b) => a + b, limits.initial * left(settings, at))
            const expected = Math.min(limits.max, Math.max(limits.min, sum))
            expect(Math.abs(set.read(edge, at) - expected)).toBeLessThan(1e-9)
          }
        },
      ),
    )
  })

  it('hold the same whatever the order of deposits of one moment', () => {
    fc.assert(
      fc.property(evaporation, fc.array(event, { maxLength: 20 }), fc.nat(1_000), (fading, events, later) => {
        const levels = [events, events.toReversed()].map((order) => {
          const set = trailSet({ evaporation: fading, ...limits })
          for (const { edge, amount } of order) depositInto(set, [[edge, amount]], 5)
          return ['a', 'b', '__proto__'].map((edge) => set.read(edge, 5 + later))
        })
        const [first = [], second = []] = levels
        for (const [index, level] of first.entries())
          expect(Math.abs(level - (second[index] ?? Number.NaN))).toBeLessThan(1e-9)
      }),
    )
  })
})

describe('every trail', () => {
  it('is read within its limits, and deposits of one request commute', () => {
    const settings = fc.record({
      evaporation: fc.oneof(
        evaporation,
        fc.record({
          unit: fc.constant('deposits' as const),
          rate: fc.double({ min: 0, max: 0.99, noNaN: true }),
        }),
      ),
      limitsApplied: fc.constantFrom('read' as const, 'deposit' as const),
    })
    fc.assert(
      fc.property(settings, fc.array(fc.array(event), { maxLength: 8 }), (given, requests) => {
        const [one, other] = [trailSet({ ...given, ...limits }), trailSet({ ...given, ...limits })]
        for (const [index, request] of requests.entries()) {
          const pairs = request.map(({ edge, amount }) => [edge, amount] as const)
          depositInto(one, pairs, index * 10)
          depositInto(other, pairs.toReversed(), index * 10)
          for (const edge of ['a', 'b', 'never']) {
            const level = one.read(edge, index * 10)
            expect(level >= limits.min && level <= limits.max).toBe(true)
            expect(Math.abs(level - other.read(edge, index * 10))).toBeLessThan(1e-9)
          }
        }
      }),
    )
  })
})

/** What is left of 1 after a number of milliseconds, by the definition of a half-life and of a rate. */
function left({ evaporation }: TrailSettingsInput, ms: number): number {
  const { halfLife, rate = 0 } = evaporation
  return halfLife === undefined ? (1 - rate) ** ms : 0.5 ** (ms / halfLife)
}
