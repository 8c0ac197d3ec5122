import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'

const KILLS = 2

describe('a server on Redis', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it.each([
    { appendfsync: 'always', durability: 'synced' },
    // Redis may put off writing to its file while it waits for the disk: what a kill takes then is not owed.
    { appendfsync: 'everysec', durability: 'committed' },
  ] as const)(
    'keeps what it answered as $durability when Redis is killed under appendfsync $appendfsync',
    async ({ appendfsync, durability }) => {
      const redis = await scene.startRedis({ appendfsync })
      await scene.startServer({ redisUrl: redis.url })
      const fleet = await scene.startAgents({ count: 8, slots: 4 })
      const follower = scene.follow()
      const load = scene.startLoad(100)
      const recoveriesMs: number[] = []

      for (let kill = 0; kill < KILLS; kill++) {
        await whenAccepted(load, 200)
        const killedAt = performance.now()
        await redis.kill9()
        await redis.restart()
        await whenAccepted(load, 1)
        recoveriesMs.push(performance.now() - killedAt)
      }
      await whenAccepted(load, 200)

      const report = await scene.finish(
        { load, fleet, follower },
        { hasForgotten: durability === 'committed' },
      )
      printFigures(
        `Redis ${appendfsync}, ${KILLS} × kill -9`,
        `answers say ${durability}`,
        describeFigures(report.figures),
        `from kill to the next accepted submit ${recoveriesMs.map(seconds).join(', ')}`,
      )
      expectNothingWrong(report)
      expect(new Set(load.accepted.map(({ durability: said }) => said))).toEqual(new Set([durability]))
    },
  )
})
