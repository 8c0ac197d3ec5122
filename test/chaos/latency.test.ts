import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import { longestMs, silencesIn } from '../helpers/chaos/silences.ts'
import { FaultProxy } from '../helpers/fault-proxy.ts'

/** What lies between a server and a Redis in another data centre. */
const ROUND_TRIP_MS = 50
const LASTS_MS = 15_000
/** A second, and threefold since all processes share two cores. */
const SILENCE_MS_MAX = 3 * 1_000

describe('a server far from its Redis', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it('hands out what is ready without a pause', async () => {
    const redis = await scene.startRedis()
    const proxy = scene.keep(await FaultProxy.start({ targetPort: redis.port }))
    await scene.startServer({ redisUrl: proxy.redisUrl })
    const fleet = await scene.startAgents({ count: 6, slots: 2 })
    const follower = scene.follow()
    const load = scene.startLoad(30)
    await whenAccepted(load, 60)
    proxy.delay(ROUND_TRIP_MS)
    const from = Date.now()
    await delay(LASTS_MS)
    const to = Date.now()
    const report = await scene.finish({ load, fleet, follower })
    const silences = silencesIn(follower.reading.events, { from, to, longerThanMs: 0 })
    printFigures(
      `${ROUND_TRIP_MS} ms to Redis`,
      describeFigures(report.figures),
      `longest time without a completion ${seconds(longestMs(silences))}`,
    )
    expectNothingWrong(report)
    expect(longestMs(silences)).toBeLessThan(SILENCE_MS_MAX)
  })
})
