import { type EpochMs, epochMs } from '#domain/model/ids.ts'
import { asUnavailable, type RedisLink } from './redis-link.ts'

/** The time on Redis' clock. @throws SwarmError `store_unavailable` */
export async function redisTime(link: RedisLink): Promise<EpochMs> {
  link.requireRunId()
  try {
    const [seconds, microseconds] = await link.client.time()
    return epochMs(Number(seconds) * 1_000 + Number(microseconds) / 1_000)
  } catch (error) {
    throw asUnavailable(error)
  }
}
