import { describe, expect, it } from 'vitest'
import { tenantId } from '#domain/model/ids.ts'
import { FairTurns, IN_PROGRESS_MAX, IN_PROGRESS_MS } from '#infra/system/fair-turns.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

const LOUD = tenantId('loud')
const QUIET = tenantId('quiet')

function setUp() {
  const clock = new ManualClock()
  let next: (() => void) | undefined
  const turns = new FairTurns({
    clock,
    nextTurn: (callback) => {
      next = callback
    },
  })
  const begun: string[] = []
  /** @returns whether it waits */
  const enter = (tenant: ReturnType<typeof tenantId>, cost = 1): boolean => {
    const waiting = turns.enter(tenant, cost)
    if (waiting === undefined) begun.push(tenant)
    else void waiting.then(() => begun.push(tenant))
    return waiting !== undefined
  }
  /** One turn of the event loop. @returns the tenants whose work began in it */
  const turn = async (): Promise<readonly string[]> => {
    const callback = next
    next = undefined
    const before = begun.length
    callback?.()
    await new Promise((resolve) => setImmediate(resolve))
    return begun.slice(before)
  }
  return { clock, turns, enter, turn, begun, isIdle: () => next === undefined }
}

describe('FairTurns', () => {
  it('never holds up a tenant that is alone', () => {
    const { enter } = setUp()
    for (let count = 0; count < 1_000; count += 1) expect(enter(LOUD)).toBe(false)
  })

  it('begins the work of a quiet tenant within two turns, however much of another one waits', async () => {
    const { enter, turn } = setUp()
    enter(QUIET)
    for (let count = 0; count < 64; count += 1) enter(LOUD)
    for (let round = 0; round < 10; round += 1) {
      await turn()
      enter(QUIET)
      expect([...(await turn()), ...(await turn())]).toContain(QUIET)
    }
  })

  it('gives two busy tenants the same share, by the cost of their work', async () => {
    const { enter, turn, begun } = setUp()
    for (let count = 0; count < 500; count += 1) {
      enter(LOUD, 4)
      enter(QUIET, 1)
    }
    begun.splice(0)
    for (let count = 0; count < 200; count += 1) await turn()
    const loud = begun.filter((tenant) => tenant === LOUD).length
    const quiet = begun.filter((tenant) => tenant === QUIET).length
    expect(quiet).toBeGreaterThanOrEqual(4 * loud - 4)
    expect(quiet).toBeLessThanOrEqual(4 * loud + 4)
  })

  it('begins many small pieces of work in one turn', async () => {
    const { enter, turn } = setUp()
    enter(QUIET)
    for (let count = 0; count < 100; count += 1) enter(LOUD, 1 / 16)
    expect(await turn()).toHaveLength(16)
    enter(QUIET, 1 / 16)
    for (let count = 0; count < 3; count += 1) await turn()
    expect((await turn()).length).toBeGreaterThan(0)
  })

  it('always begins something while something waits, whatever it costs', async () => {
    const { enter, turn, begun, isIdle } = setUp()
    enter(QUIET)
    for (let count = 0; count < 10; count += 1) enter(LOUD, 1e9)
    begun.splice(0)
    for (let count = 1; count < 10; count += 1) expect(await turn()).toEqual([LOUD])
    await turn()
    expect(isIdle()).toBe(true)
  })

  it('keeps the order of the work of one tenant', async () => {
    const { turns, turn, enter } = setUp()
    enter(QUIET)
    const order: number[] = []
    enter(LOUD)
    for (let count = 0; count < 5; count += 1) void turns.enter(LOUD, 1)?.then(() => order.push(count))
    for (let count = 0; count < 8; count += 1) await turn()
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  it('takes a tenant that asks no more for gone after a second', () => {
    const { enter, clock } = setUp()
    enter(QUIET)
    expect([enter(LOUD), enter(LOUD)]).toContain(true)
    const later = setUp()
    later.enter(QUIET)
    later.clock.advance(1_001)
    expect([later.enter(LOUD), later.enter(LOUD), later.enter(LOUD)]).toEqual([false, false, false])
    expect(clock.timerCount).toBe(0)
  })

  describe('requests', () => {
    /** Admits one. @returns its admission, and whether it has begun */
    const admit = ({ turns }: ReturnType<typeof setUp>, tenant = LOUD, cost = 1) => {
      const admission = turns.admit(tenant, cost)
      const request = { end: admission.end, hasBegun: admission.turn === undefined }
      void admission.turn?.then(() => {
        request.hasBegun = true
      })
      return request
    }
    const beginAll = async (t: ReturnType<typeof setUp>): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await t.turn()
    }
    const countBegun = (requests: readonly { readonly hasBegun: boolean }[]): number =>
      requests.filter(({ hasBegun }) => hasBegun).length

    it('of one tenant are in progress in a small number while another tenant is active', async () => {
      const t = setUp()
      t.enter(QUIET)
      const requests = Array.from({ length: 64 }, () => admit(t))
      await beginAll(t)
      expect(countBegun(requests)).toBe(IN_PROGRESS_MAX)
      expect(t.turns.waitingCount(LOUD)).toBe(64 - IN_PROGRESS_MAX)
      requests[0]?.end()
      requests[0]?.end()
      requests[1]?.end()
      await beginAll(t)
      expect(countBegun(requests)).toBe(IN_PROGRESS_MAX + 2)
      expect(admit(t, QUIET).hasBegun, 'the other tenant waits for none of them').toBe(true)
    })

    it('that take long are not counted, so that nothing waits for a long poll', async () => {
      const t = setUp()
      t.enter(QUIET)
      const requests = Array.from({ length: 2 * IN_PROGRESS_MAX }, () => admit(t))
      await beginAll(t)
      t.clock.advance(IN_PROGRESS_MS)
      await beginAll(t)
      expect(countBegun(requests)).toBe(requests.length)
      for (const { end } of requests) end()
      await beginAll(t)
      const more = Array.from({ length: 2 * IN_PROGRESS_MAX }, () => admit(t))
      await beginAll(t)
      expect(countBegun(more)).toBe(IN_PROGRESS_MAX)
    })

    it('that cost much are in progress one at a time', async () => {
      const t = setUp()
      t.enter(QUIET)
      const requests = Array.from({ length: 4 }, () => admit(t, LOUD, IN_PROGRESS_MAX))
      await beginAll(t)
      expect(countBegun(requests)).toBe(1)
      requests[0]?.end()
      await beginAll(t)
      expect(countBegun(requests)).toBe(2)
      t.clock.advance(IN_PROGRESS_MS * IN_PROGRESS_MAX)
      await beginAll(t)
      expect(countBegun(requests)).toBe(3)
    })

    it('do not hold up the work of those that are in progress', async () => {
      const t = setUp()
      t.enter(QUIET)
      for (let count = 0; count < 64; count += 1) admit(t)
      await beginAll(t)
      let isRead = t.turns.enter(LOUD, 1) === undefined
      void t.turns.enter(LOUD, 1)?.then(() => {
        isRead = true
      })
      await beginAll(t)
      expect(isRead).toBe(true)
    })

    it('begin at once, in any number, while a tenant is alone', () => {
      const t = setUp()
      expect(countBegun(Array.from({ length: 1_000 }, () => admit(t)))).toBe(1_000)
      expect(t.isIdle()).toBe(true)
    })
  })
})
