import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmEvent } from '#contract/index.ts'
import { SwarmClient } from '#sdk/index.ts'
import { describeFigures } from '../helpers/chaos/audit.ts'
import type { EventFollower } from '../helpers/chaos/event-follower.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import type { ServerProcess } from '../helpers/chaos/server-process.ts'
import { eventually } from '../helpers/eventually.ts'

/** A swarm finds another coordinating node in 3 s; here all processes share two cores. */
const TAKEOVER_MS_MAX = 3 * 3_000

describe('three nodes on one Redis', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it('lose nothing when one of them is killed, and then the coordinating one', async () => {
    const redis = await scene.startRedis({ appendfsync: 'always' })
    for (let node = 0; node < 3; node++) await scene.startServer({ redisUrl: redis.url })
    const fleet = await scene.startAgents({ count: 20 })
    const follower = scene.follow()
    const load = scene.startLoad(100)

    await whenAccepted(load, 200)
    const coordinator = await coordinatorAmong(scene.servers)
    const bystander = scene.servers.find((server) => server !== coordinator)
    const bystanderKilledAt = performance.now()
    await bystander!.kill9()
    await whenAccepted(load, 100)
    const withoutBystanderMs = performance.now() - bystanderKilledAt
    await bystander!.restart()

    const killedAt = Date.now()
    await coordinator.kill9()
    const takeoverMs = (await whenTakenOver(follower, killedAt)) - killedAt
    await whenAccepted(load, 200)
    await coordinator.restart()
    await whenAccepted(load, 100)

    const report = await scene.finish({ load, fleet, follower })
    printFigures(
      'three nodes on Redis always, kill -9 of one and of the coordinating one',
      describeFigures(report.figures),
      `takeover after ${seconds(takeoverMs)}`,
      `100 more accepted ${seconds(withoutBystanderMs)} after the first kill`,
    )
    expectNothingWrong(report)
    expect(takeoverMs).toBeLessThan(TAKEOVER_MS_MAX)
  })
})

async function coordinatorAmong(servers: readonly ServerProcess[]): Promise<ServerProcess> {
  const client = new SwarmClient({ url: servers.map(({ url }) => url) })
  const { coordinatorId } = await client.getResources()
  return servers.find(({ nodeId }) => nodeId === coordinatorId)!
}

/** When another node said that it coordinates the swarm now. */
function whenTakenOver(follower: EventFollower, after: number): Promise<number> {
  const isTakeover = ({ type, time }: SwarmEvent): boolean =>
    type === 'amos.swarm.coordinator_changed' && Date.parse(time) >= after
  return eventually(
    () => {
      const takeover = follower.reading.events.find(isTakeover)
      return takeover === undefined ? undefined : Date.parse(takeover.time)
    },
    { timeoutMs: 30_000, what: 'another node to take the swarm over' },
  )
}
