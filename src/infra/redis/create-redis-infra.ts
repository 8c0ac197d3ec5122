import type { NodeId, Scope, SwarmEpoch } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Infra } from '../infra.ts'
import { StoreClock } from '../system/store-clock.ts'
import { connectForCommands, connectForMessages } from './connect-redis.ts'
import { RedisCoordination } from './redis-coordination.ts'
import { RedisHealth } from './redis-health.ts'
import { RedisLink, unavailable } from './redis-link.ts'
import { RedisPeers } from './redis-peers.ts'
import { RedisReadyQueues } from './redis-ready-queues.ts'
import { RedisSwarmStore } from './redis-swarm-store.ts'
import { redisTime } from './redis-time.ts'

export interface RedisInfraOptions {
  readonly url: string
  readonly nodeId: NodeId
  /**
   * The least that Redis has to give, at the start and all the time; `committed` by default. What it gives is in
   * `status()`. With `none` any Redis will do, and `status()` says `none`.
   */
  readonly durability?: Durability
  /** How long to wait for Redis at the start, 10 000 by default. */
  readonly connectTimeoutMs?: number
}

export interface RedisInfraModules {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The adapters on Redis and BullMQ, over two connections for the whole node: one for commands, one that listens.
 *
 * @throws SwarmError `store_unavailable` when Redis does not answer in time
 * @throws StoreRefusedError when Redis gives less than `durability`
 */
export async function createRedisInfra(
  { url, nodeId, durability = 'committed', connectTimeoutMs = 10_000 }: RedisInfraOptions,
  { clock: machineClock, logger }: RedisInfraModules,
): Promise<Infra> {
  const link = new RedisLink({ client: connectForCommands(url) }, { logger })
  const subscriber = connectForMessages(url)
  subscriber.on('error', (error: Error) => logger.debug({ error }, 'redis connection for messages failed'))
  const health = new RedisHealth(durability, { link, clock: machineClock, logger })
  const clock = new StoreClock({ clock: machineClock, logger, readTime: () => redisTime(link) })
  const disconnect = (): void => {
    clock.stop()
    health.stop()
    subscriber.disconnect()
    link.close()
  }
  try {
    await connected(link, machineClock, connectTimeoutMs)
    health.requireDurability()
    await clock.start()
    link.onConnected(() => clock.refresh())
  } catch (error) {
    disconnect()
    throw error
  }

  const queues = new RedisReadyQueues({ link, clock, logger })
  const store = new RedisSwarmStore({
    link,
    health,
    onReady: (scope, entries) => queues.committed(scope, entries),
    dropReadyQueue: (scope) => queues.drop(scope),
  })
  const coordination = new RedisCoordination(nodeId, { link, health, clock, logger })
  const peers = new RedisPeers(nodeId, { link, subscriber, clock, logger })

  const close = async (): Promise<void> => {
    await store.close()
    await queues.close()
    await coordination.stop()
    await peers.stop()
    disconnect()
  }
  const readyQueueFor = (scope: Scope, epoch: SwarmEpoch): ReadyQueue => queues.queueFor(scope, epoch)
  return { clock, store, coordination, peers, readyQueueFor, close }
}

function connected(link: RedisLink, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => reject(unavailable('redis cannot be reached')))
    link.onConnected(() => {
      cancel()
      resolve()
    })
  })
}
