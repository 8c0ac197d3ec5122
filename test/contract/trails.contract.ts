import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventStream } from '#domain/communication/event-stream.ts'
import { SwarmTrails } from '#domain/intelligence/trails/swarm-trails.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import type { Scope } from '#domain/model/ids.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { claimed, freshScope, type InfraUnderTest, type SetupInfra } from './infra-under-test.ts'

/** What trails owe on every store: levels are exact after a restart, and nothing that was answered is lost. */
export function describeTrails(adapterName: string, setup: SetupInfra): void {
  describe(`trails contract: ${adapterName}`, () => {
    let t: InfraUnderTest
    let scope: Scope
    beforeEach(async () => {
      t = await setup()
      scope = freshScope('trails')
    })
    afterEach(() => t.teardown())

    it('reads what was deposited exactly, after a restart too', async () => {
      const before = await open(t, scope)
      await before.create({
        trailSet: 'routes',
        settings: { evaporation: { unit: 'deposits', rate: 0.1 }, min: 0.25, max: 50, initial: 10 },
      })
      const edges = Array.from({ length: 1_200 }, (_, index) => `edge ${index} → __proto__`)
      const deposits = edges.map((edge, index) => ({ edge, amount: (index % 90) - 30 + 1 / 3 }))
      await before.deposit({ trailSet: 'routes', requestId: 'one', deposits })
      await before.deposit({ trailSet: 'routes', requestId: 'two', deposits: deposits.slice(0, 700) })
      const levels = await before.read({ trailSet: 'routes', edges: [...edges, 'never'] })
      await t.reopen()
      const after = await open(t, scope)
      expect(await after.read({ trailSet: 'routes', edges: [...edges, 'never'] })).toEqual(levels)
      const limited = (level: number): number => Math.min(50, Math.max(0.25, level))
      const once = limited(10 * 0.9 + (899 % 90) - 30 + 1 / 3)
      expect(levels[899]).toBeCloseTo(limited(once * 0.9), 9)
      expect(levels.at(-1)).toBeCloseTo(10 * 0.81, 9)
      // The request is remembered over the restart as well.
      await after.deposit({ trailSet: 'routes', requestId: 'two', deposits })
      expect(await after.read({ trailSet: 'routes', edges })).toEqual(levels.slice(0, -1))
    })

    it('fades by the clock while the server is away', async () => {
      const before = await open(t, scope)
      await before.create({ trailSet: 'fading', settings: { evaporation: { unit: 'ms', halfLife: 400 } } })
      const startedAt = t.clock.now()
      await before.deposit({ trailSet: 'fading', requestId: 'one', deposits: [{ edge: 'a', amount: 1_000 }] })
      const depositedBy = t.clock.now()
      await t.reopen()
      await t.pass(150)
      const after = await open(t, scope)
      const readFrom = t.clock.now()
      const [level = Number.NaN] = await after.read({ trailSet: 'fading', edges: ['a'] })
      const readBy = t.clock.now()
      // Real clocks go on between the calls; a clock that the test moves makes both bounds the same.
      expect(level).toBeLessThanOrEqual(1_000 * 2 ** (-(readFrom - depositedBy) / 400) + 1e-9)
      expect(level).toBeGreaterThanOrEqual(1_000 * 2 ** (-(readBy - startedAt) / 400) - 1e-9)
    })

    it('leaves nothing of a set that was cleared or deleted', async () => {
      const before = await open(t, scope)
      const settings = { evaporation: { unit: 'ms', rate: 0 } } as const
      await before.create({ trailSet: 'gone', settings })
      const deposits = Array.from({ length: 500 }, (_, index) => ({ edge: `e${index}`, amount: 1 }))
      await before.deposit({ trailSet: 'gone', requestId: 'one', deposits })
      expect(await before.clear({ trailSet: 'gone', requestId: 'two', edges: ['e1', 'e2'] })).toBe(2)
      await t.reopen()
      const after = await open(t, scope)
      expect(await after.read({ trailSet: 'gone', edges: ['e1', 'e3'] })).toEqual([0, 1])
      await after.delete({ trailSet: 'gone', requestId: 'three' })
      await after.create({ trailSet: 'gone', settings })
      await t.reopen()
      const last = await open(t, scope)
      expect(await last.get({ trailSet: 'gone' })).toMatchObject({ edgeCount: 0 })
      expect(await last.read({ trailSet: 'gone', edges: ['e3'] })).toEqual([0])
    })
  })
}

async function open(t: InfraUnderTest, scope: Scope): Promise<SwarmTrails> {
  const { infra, clock } = t
  const events = new EventStream({ scope, tailMax: 10 }, { ...infra, logger: new MemoryLogger() })
  const journal = new SwarmJournal(
    { scope, epoch: await claimed(t, scope) },
    {
      ...infra,
      events,
      logger: new MemoryLogger(),
      reminders: new Reminders({ clock }),
      onFenced: () => undefined,
    },
  )
  return new SwarmTrails(
    { trailSetsMax: 10, trailEdgesMax: 10_000 },
    { ...infra, journal, clock, random: new SeededRandom(1) },
  )
}
