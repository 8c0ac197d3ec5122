import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'

/** What the server is started with after each kill: both durabilities survive the death of the process. */
const RESTARTS = ['synced', 'synced', 'committed', 'committed', 'synced'] as const

describe('a server with the embedded store', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it('loses nothing it accepted when it is killed five times at work', async () => {
    const server = await scene.startServer()
    const fleet = await scene.startAgents({ count: 20 })
    const follower = scene.follow()
    const load = scene.startLoad(200)
    const recoveriesMs: number[] = []

    for (const durability of RESTARTS) {
      await whenAccepted(load, 250)
      const killedAt = performance.now()
      await server.kill9()
      await server.restart({ AMOS_DURABILITY: durability })
      await whenAccepted(load, 1)
      recoveriesMs.push(performance.now() - killedAt)
    }
    await whenAccepted(load, 250)

    const report = await scene.finish({ load, fleet, follower })
    printFigures(
      'embedded, 5 × kill -9',
      describeFigures(report.figures),
      `from kill to the next accepted submit ${recoveriesMs.map(seconds).join(', ')}`,
    )
    expectNothingWrong(report)
    expect(follower.interruptions).toBeGreaterThanOrEqual(RESTARTS.length)
    expect(new Set(load.accepted.map(({ durability }) => durability))).toEqual(
      new Set(['synced', 'committed']),
    )
  })
})
