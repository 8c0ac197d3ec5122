import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TaskSubmitInput } from '#contract/index.ts'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import { LEASE_MS, type ServerProcess } from '../helpers/chaos/server-process.ts'
import {
  limitedFiles,
  maySmallFileSystem,
  type SmallDisk,
  smallFileSystem,
} from '../helpers/chaos/small-disk.ts'
import { eventually } from '../helpers/eventually.ts'

/** Threefold, since all processes share two cores. */
const REFUSED_MS_MAX = 3 * 1_000
const NOT_READY_MS_MAX = 3 * 3_000
const TASK: TaskSubmitInput = { type: 'chaos', payload: { workMs: 1 } }

interface Outage {
  readonly server: ServerProcess
  readonly begin: () => void | Promise<void>
  readonly end: () => void | Promise<void>
}

interface OutageCase {
  readonly name: string
  readonly open: (scene: Scene) => Promise<Outage>
}

const fullDisk = async (scene: Scene, disk: SmallDisk): Promise<Outage> => {
  scene.keep({ close: async () => disk.close() })
  const server = await scene.startServer(disk.serverOptions)
  return { server, begin: () => disk.fill(server), end: () => disk.free(server) }
}

const CASES: readonly OutageCase[] = [
  { name: 'files that may not grow', open: (scene) => fullDisk(scene, limitedFiles()) },
  ...(maySmallFileSystem()
    ? [{ name: 'a full disk', open: (scene: Scene) => fullDisk(scene, smallFileSystem()) }]
    : []),
  {
    name: 'Redis frozen',
    open: async (scene) => {
      const redis = await scene.startRedis()
      const server = await scene.startServer({ redisUrl: redis.url })
      return { server, begin: () => redis.pause(), end: () => redis.resume() }
    },
  },
  {
    name: 'Redis stopped',
    open: async (scene) => {
      const redis = await scene.startRedis()
      const server = await scene.startServer({ redisUrl: redis.url })
      return { server, begin: () => redis.stop(), end: () => redis.restart() }
    },
  },
]

describe('an outage of the store', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  it.each(CASES)('is said, survived and got over by itself: $name', async ({ name, open }) => {
    const { server, begin, end } = await open(scene)
    const fleet = await scene.startAgents({ count: 4, slots: 4 })
    const follower = scene.follow()
    const load = scene.startLoad(50, 4_096)
    await whenAccepted(load, 100)

    await begin()
    const beganAt = performance.now()
    const refusal = await whenRefused(server)
    await eventually(async () => (await server.readiness()).status === 'not_ready', {
      timeoutMs: 20_000,
      what: 'the node to say that it is not ready',
    })
    const notReadyMs = performance.now() - beganAt
    const live = await server.isLive()
    // Longer than a lease: what ends meanwhile cannot be written either.
    await eventually(() => performance.now() - beganAt > LEASE_MS + 500)
    const during = await submitTo(server)

    await end()
    const endedAt = performance.now()
    await eventually(async () => (await server.readiness()).status === 'ready', { timeoutMs: 20_000 })
    const readyMs = performance.now() - endedAt
    await whenAccepted(load, 100)
    const report = await scene.finish({ load, fleet, follower })
    printFigures(
      `outage, ${name}`,
      `refused in ${seconds(refusal.tookMs)} and ${seconds(during.tookMs)}`,
      `not ready after ${seconds(notReadyMs)}, ready again after ${seconds(readyMs)}`,
      describeFigures(report.figures),
    )
    expectNothingWrong(report)
    expect(live).toBe(true)
    for (const { status, code, retryAfter, tookMs } of [refusal, during]) {
      expect({ status, code }).toEqual({ status: 503, code: 'store_unavailable' })
      expect(Number(retryAfter)).toBeGreaterThan(0)
      expect(tookMs).toBeLessThan(REFUSED_MS_MAX)
    }
    expect(notReadyMs).toBeLessThan(NOT_READY_MS_MAX)
  })
})

interface SubmitAnswer {
  readonly status: number
  readonly code: string | undefined
  readonly retryAfter: string | null
  readonly tookMs: number
}

/** One try, so that the answer is seen as it is. */
async function submitTo(server: ServerProcess): Promise<SubmitAnswer> {
  const askedAt = performance.now()
  const response = await fetch(`${server.url}/v1/swarms/default/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(TASK),
  })
  const { code } = (await response.json()) as { readonly code?: string }
  const tookMs = performance.now() - askedAt
  return { status: response.status, code, retryAfter: response.headers.get('retry-after'), tookMs }
}

/** A full disk is full for the first write that needs more of it. */
function whenRefused(server: ServerProcess): Promise<SubmitAnswer> {
  return eventually(
    async () => {
      const answer = await submitTo(server)
      return answer.status === 201 ? undefined : answer
    },
    { timeoutMs: 20_000, what: 'a submit to be refused' },
  )
}
