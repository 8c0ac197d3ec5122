import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import { longestMs, silencesIn } from '../helpers/chaos/silences.ts'
import { eventually } from '../helpers/eventually.ts'

const SWARMS = 20
const BALANCED_MS_MAX = 60_000
/** A second, and threefold since all processes share two cores. */
const SILENCE_MS_MAX = 3 * 1_000

describe('a rolling restart of three nodes', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it('harms nothing that runs, and leaves each node with as many swarms', async () => {
    const redis = await scene.startRedis()
    const environment = { AMOS_DRAIN_NOTICE_MS: '500', AMOS_REBALANCE_AFTER_MS: '3000' }
    for (let node = 0; node < 3; node += 1) await scene.startServer({ redisUrl: redis.url, environment })
    const client = new SwarmClient({ url: scene.urls, retryForMs: 30_000 })
    for (let swarm = 1; swarm < SWARMS; swarm += 1) await client.createSwarm({ swarmId: `swarm-${swarm}` })
    const fleet = await scene.startAgents({ count: 9 })
    const follower = scene.follow()
    const load = scene.startLoad(30)
    await whenAccepted(load, 60)

    const from = Date.now()
    for (const server of scene.servers) {
      await server.stop()
      await server.restart()
      await whenAccepted(load, 30)
    }
    const restartedAt = performance.now()
    let counts: readonly number[] = []
    await eventually(
      async () => {
        counts = await Promise.all(scene.servers.map(({ url }) => coordinatedBy(url)))
        return Math.max(...counts) - Math.min(...counts) <= 1 && sum(counts) === SWARMS
      },
      {
        timeoutMs: BALANCED_MS_MAX,
        everyMs: 500,
        what: () => `as many swarms each; there are ${counts.join('/')}`,
      },
    )
    const balancedMs = performance.now() - restartedAt
    const to = Date.now()
    const report = await scene.finish({ load, fleet, follower })
    const silences = silencesIn(follower.reading.events, { from, to, longerThanMs: 0 })
    printFigures(
      'rolling restart of three nodes',
      describeFigures(report.figures),
      `${counts.join('/')} swarms each ${seconds(balancedMs)} after it`,
      `longest time without a completion ${seconds(longestMs(silences))}`,
    )
    expectNothingWrong(report)
    expect(longestMs(silences)).toBeLessThan(SILENCE_MS_MAX)
  })
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** The number of swarms that the node coordinates, as its metrics say. */
async function coordinatedBy(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`)
  const line = /^amos_swarms_coordinated (\d+)$/m.exec(await response.text())
  return Number(line?.[1] ?? Number.NaN)
}
