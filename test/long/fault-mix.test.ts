import { appendFileSync } from 'node:fs'
import { afterEach, describe, expect, it, onTestFailed } from 'vitest'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { describeFigures } from '../helpers/chaos/audit.ts'
import { FaultMix } from '../helpers/chaos/fault-mix.ts'
import { ProxyProcess } from '../helpers/chaos/proxy-process.ts'
import { RedisProbe } from '../helpers/chaos/redis-probe.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene, whenAccepted } from '../helpers/chaos/scene.ts'
import { longestMs, type Silence, silencesIn } from '../helpers/chaos/silences.ts'

const MINUTE_MS = 60_000
const { env } = process
const minutes = Number(env['AMOS_CHAOS_MINUTES'] ?? 10)
const seeds = (env['AMOS_CHAOS_SEEDS'] ?? '1,2,3').split(',').map(Number)
const agentCount = Number(env['AMOS_CHAOS_AGENTS'] ?? 50)
const perSecond = Number(env['AMOS_CHAOS_RATE'] ?? 80)
/** The promises, for a machine that does nothing else; more on one that does. */
const silenceMsMax = Number(env['AMOS_CHAOS_SILENCE_MS'] ?? 1_000)
const claimedMsMax = Number(env['AMOS_CHAOS_CLAIMED_MS'] ?? 3_000)

describe('three nodes on one Redis, each behind a network of its own', () => {
  let scene: Scene
  afterEach(() => scene.close())

  it.each(seeds)(
    `lose and repeat nothing in ${minutes} minutes of faults, seed %i`,
    async (seed) => {
      scene = new Scene()
      const redis = await scene.startRedis({ appendfsync: 'always' })
      const nodes = []
      for (let index = 0; index < 3; index += 1) {
        const proxy = scene.keep(await ProxyProcess.start({ targetPort: redis.port }))
        const server = await scene.startServer({
          redisUrl: proxy.redisUrl,
          hasOwnClock: true,
          environment: { AMOS_LEASE_MS: '10000', AMOS_MAX_ATTEMPTS: '3' },
        })
        nodes.push({ proxy, server })
      }
      const fleet = await scene.startAgents({ count: agentCount })
      const follower = scene.follow()
      const load = scene.startLoad(perSecond)
      await whenAccepted(load, 2 * perSecond)

      const probe = scene.keep(new RedisProbe(redis.url))
      const mix = new FaultMix({ nodes, redis, random: new SeededRandom(seed) })
      onTestFailed(() => {
        process.stderr.write(`the faults of seed ${seed}:\n${mix.journal.join('\n')}\n`)
        for (const { at, tookMs } of probe.stalls)
          process.stderr.write(`slow write at ${new Date(at).toISOString()}: ${seconds(tookMs)}\n`)
      })
      const from = Date.now()
      await mix.run(minutes * MINUTE_MS)
      const to = Date.now()
      const report = await scene.finish({ load, fleet, follower })

      const { events } = follower.reading
      const silences = silencesIn(events, { from, to, longerThanMs: 0 })
      const unexcused = silences.map((silence) => lessExcused(silence, mix.excused))
      const claims = events.filter(({ type }) => type === 'amos.swarm.coordinator_changed')
      const claimedMs = mix.coordinatorDeaths.map((diedAt) => {
        const times = claims.map(({ time }) => Date.parse(time)).filter((time) => time > diedAt)
        return Math.min(...times) - diedAt
      })
      const longest = silences
        .filter((silence) => lessExcused(silence, mix.excused) > silenceMsMax)
        .map(({ from: at, to: until }) => `${new Date(at).toISOString()}: ${seconds(until - at)}`)
      printFigures(
        `${minutes} minutes of faults, seed ${seed}`,
        `${mix.journal.length} lines of faults`,
        describeFigures(report.figures),
        `longest time without a completion ${seconds(longestMs(silences))}, ` +
          `${seconds(Math.max(...unexcused))} outside kills`,
        `claimed after ${claimedMs.map(seconds).join(', ')}`,
        `${probe.stalls.length} slow writes of Redis itself, the slowest ${seconds(probe.longestMs)}`,
      )
      if (env['AMOS_CHAOS_LOG'] !== undefined)
        for (const { url, output } of scene.servers)
          appendFileSync(env['AMOS_CHAOS_LOG'], `--- seed ${seed}, ${url}\n${output}\n`)
      expectNothingWrong(report)
      expect(longest, longest.join('\n')).toEqual([])
      expect(Math.max(0, ...claimedMs)).toBeLessThan(claimedMsMax)
    },
    (minutes + 10) * MINUTE_MS,
  )
})

/** How much of it is not explained by a fault, in milliseconds. */
function lessExcused({ from, to }: Silence, excused: readonly Silence[]): number {
  let longestMsLeft = 0
  let at = from
  for (const excuse of excused.toSorted((a, b) => a.from - b.from)) {
    if (excuse.to <= at || excuse.from >= to) continue
    longestMsLeft = Math.max(longestMsLeft, excuse.from - at)
    at = Math.max(at, excuse.to)
  }
  return Math.max(longestMsLeft, to - at)
}
