import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerQueue } from '#domain/kernel/timer-queue.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

const command = fc.oneof(
  fc.record({ type: fc.constant('set' as const), key: fc.nat(5), delayMs: fc.nat(50) }),
  fc.record({ type: fc.constant('delete' as const), key: fc.nat(5) }),
  fc.record({ type: fc.constant('advance' as const), ms: fc.nat(30) }),
)

describe('TimerQueue', () => {
  it('rings each alarm once, at its time, in order, as one timer for each key would', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
        const clock = new ManualClock()
        const rung: string[] = []
        const queue = new TimerQueue<number>((key) => rung.push(`${key} at ${clock.monotonic()}`), { clock })
        const model = new Map<number, number>()
        const expected: string[] = []
        for (const given of commands) {
          if (given.type === 'set') {
            queue.set(given.key, given.delayMs)
            model.set(given.key, clock.monotonic() + given.delayMs)
          } else if (given.type === 'delete') {
            queue.delete(given.key)
            model.delete(given.key)
          } else {
            const until = clock.monotonic() + given.ms
            clock.advance(given.ms)
            for (const [key, at] of model) {
              if (at > until) continue
              expected.push(`${key} at ${at}`)
              model.delete(key)
            }
          }
          // Among alarms of one moment the order is free.
          expect(rung.toSorted()).toEqual(expected.toSorted())
          expect(times(rung)).toEqual(times(rung).toSorted((a, b) => a - b))
          expect(queue.size).toBe(model.size)
          expect(clock.timerCount).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('ends all alarms for good when it is cleared', () => {
    const clock = new ManualClock()
    const rung: string[] = []
    const queue = new TimerQueue<string>((key) => rung.push(key), { clock })
    queue.set('first', 10)
    queue.clear()
    queue.set('second', 10)
    clock.advance(100)
    expect([rung, queue.size, clock.timerCount]).toEqual([[], 0, 0])
  })

  it('lets an alarm set another, also at once', () => {
    const clock = new ManualClock()
    const rung: string[] = []
    const queue: TimerQueue<string> = new TimerQueue<string>(
      (key) => {
        rung.push(`${key} at ${clock.monotonic()}`)
        if (key === 'first') queue.set('second', 0)
        if (key === 'second') queue.set('third', 5)
      },
      { clock },
    )
    queue.set('first', 10)
    clock.advance(20)
    expect(rung).toEqual(['first at 10', 'second at 10', 'third at 15'])
    expect(clock.timerCount).toBe(0)
  })
})

function times(rung: readonly string[]): readonly number[] {
  return rung.map((text) => Number(text.split(' at ')[1]))
}
