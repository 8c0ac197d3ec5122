import { expect, it } from 'vitest'
import { ManualClock } from '#simulation/manual-clock.ts'

it('fires timers in the order they fall due, each at its own time', () => {
  const clock = new ManualClock(1_000)
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`)
  clock.setTimer(30, note('c'))
  clock.setTimer(10, () => {
    note('a')()
    clock.setTimer(5, note('set by a'))
  })
  clock.setTimer(20, note('b'))
  clock.setTimer(20, note('b again'))
  clock.setTimer(15, note('cancelled'))()
  clock.advance(29)
  expect(fired).toEqual(['a at 1010', 'set by a at 1015', 'b at 1020', 'b again at 1020'])
  clock.advance(1)
  expect(fired.at(-1)).toBe('c at 1030')
  expect(clock.timerCount).toBe(0)
})

it('keeps durations when the wall clock is set', () => {
  const clock = new ManualClock()
  const startedAt = clock.monotonic()
  let isFired = false
  clock.setTimer(10, () => {
    isFired = true
  })
  clock.jumpWallClock(-3_600_000)
  clock.advance(9)
  expect(isFired).toBe(false)
  clock.advance(1)
  expect(isFired).toBe(true)
  expect(clock.monotonic() - startedAt).toBe(10)
})

it('runs asynchronous work at the time it was started', async () => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  const loop = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      await new Promise<void>((resolve) => clock.setTimer(10, resolve))
      seen.push(clock.now())
    }
  }
  const done = loop()
  await clock.advanceAsync(100)
  await done
  expect(seen).toEqual([10, 20, 30])
})
