import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventItem, SwarmClient } from '#sdk/index.ts'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import { eventually } from '../helpers/eventually.ts'
import { askRedis } from '../helpers/redis-inline.ts'

/** More than the tail that is cut off, however slow the machine: a longer one would be a loss to accept. */
const environment = { AMOS_LOST_TAIL_MAX_MS: '600000' }

describe('Redis that comes back without its last seconds', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it.each([
    // A node that lived through it has seen the numbers that Redis forgot.
    { nodes: 'its nodes still there', areNodesKilled: false },
    { nodes: 'nobody left who remembers', areNodesKilled: true },
  ])('gives no number twice and contradicts nothing, with $nodes', async ({ nodes, areNodesKilled }) => {
    const redis = await scene.startRedis({ appendfsync: 'everysec' })
    for (let node = 0; node < 2; node++) await scene.startServer({ redisUrl: redis.url, environment })
    const fleet = await scene.startAgents({ count: 8, slots: 4 })
    const follower = scene.follow()
    const load = scene.startLoad(100)

    await whenAccepted(load, 200)
    const keptBytes = await fileSizeOf(redis.port)
    await whenAccepted(load, 150)
    await follower.catchUp()
    const bytes = (await fileSizeOf(redis.port)) - keptBytes
    const last = follower.reading.events.at(-1)!
    if (areNodesKilled) await Promise.all(scene.servers.map((server) => server.kill9()))
    const lostBytes = await redis.dropTail({ bytes })
    if (areNodesKilled) await Promise.all(scene.servers.map((server) => server.restart()))
    await whenAccepted(load, 200)

    const report = await scene.finish({ load, fleet, follower }, { hasForgotten: true })
    const resumed = await firstItemAfter(scene.urls, last.id)
    printFigures(
      `Redis without its last ${lostBytes} bytes, ${nodes}`,
      describeFigures(report.figures),
      `gaps ${JSON.stringify(follower.reading.gaps)}`,
    )
    expectNothingWrong(report)
    expect(report.figures.forgotten).toBeGreaterThan(0)
    // What was last read is void: it is not in the log any more, its number is not given again, and both readers,
    // the one that was there and one that comes later, are told.
    expect(follower.reading.gaps.filter(({ reason }) => reason === 'lost').some(covers(last.sequence))).toBe(
      true,
    )
    expect(resumed).toMatchObject({ type: 'gap', reason: 'lost' })
    expect(covers(last.sequence)(resumed as Extract<EventItem, { type: 'gap' }>)).toBe(true)
  })
})

/** Of what Redis would read at a start. */
async function fileSizeOf(port: number): Promise<number> {
  const info = await askRedis(port, 'INFO persistence')
  return Number(/^aof_current_size:(\d+)/m.exec(info)?.[1])
}

function covers(sequence: number) {
  return ({ fromSequence, toSequence }: { fromSequence: number; toSequence: number }): boolean =>
    fromSequence <= sequence && sequence <= toSequence
}

async function firstItemAfter(urls: readonly string[], since: string): Promise<EventItem> {
  const items: EventItem[] = []
  const subscription = new SwarmClient({ url: urls }).events({ since })
  const reading = (async () => {
    for await (const item of subscription) {
      items.push(item)
      return
    }
  })()
  const [item] = await eventually(() => items.length > 0 && items, { what: `something after ${since}` })
  subscription.close()
  await reading
  return item!
}
