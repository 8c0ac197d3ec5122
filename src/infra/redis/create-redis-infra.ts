import type { Redis } from 'ioredis'
import { repeatWhileUnavailable } from '#domain/kernel/patient-store.ts'
import type { NodeId, Scope, SwarmEpoch } from '#domain/model/ids.ts'
import type { RecordKinds } from '#domain/model/record-kind.ts'
import { RECORD_KINDS } from '#domain/orchestration/record-kinds.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Infra } from '../infra.ts'
import { StoreClock } from '../system/store-clock.ts'
import { connectForCommands, connectForMessages } from './connect-redis.ts'
import { ServedStores } from './identity/served-stores.ts'
import { StoreIdentity } from './identity/store-identity.ts'
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
  /** Where the node keeps which stores it has served; undefined keeps it in memory alone. */
  readonly dataDir?: string
  /** The id of a lost store whose loss the operator has accepted beforehand. */
  readonly acceptedLossOf?: string | undefined
  /** How much Redis may lose when it is killed under the durability `committed`; 5 000 by default. */
  readonly lostTailMaxMs?: number
  /** How long to wait for Redis at the start, 10 000 by default. */
  readonly connectTimeoutMs?: number
  /** All kinds of records that are written; those of the domain by default. */
  readonly kinds?: RecordKinds
}

export interface RedisInfraModules {
  readonly clock: Clock
  readonly logger: Logger
}

/** A store that syncs before it answers loses nothing; of one that promises nothing, nothing is expected. */
const LOSS_MAX_MS: Partial<Record<Durability, number>> = { synced: 0, none: Number.MAX_SAFE_INTEGER }

/**
 * The adapters on Redis and BullMQ, over two connections for the whole node: one for commands, one that listens.
 *
 * @throws SwarmError `store_unavailable` when Redis does not answer in time
 * @throws StoreRefusedError when Redis gives less than `durability`
 */
export async function createRedisInfra(
  {
    url,
    nodeId,
    durability = 'committed',
    dataDir,
    acceptedLossOf,
    lostTailMaxMs = 5_000,
    connectTimeoutMs = 10_000,
    kinds = RECORD_KINDS,
  }: RedisInfraOptions,
  { clock: machineClock, logger }: RedisInfraModules,
): Promise<Infra> {
  const served = await ServedStores.open(dataDir)
  const link = new RedisLink({ client: connectForCommands(url) }, { logger })
  const subscriber = connectForMessages(url)
  subscriber.on('error', (error: Error) => logger.debug({ error }, 'redis connection for messages failed'))
  const health = new RedisHealth(durability, { link, clock: machineClock, logger })
  const identity = new StoreIdentity(
    { acceptedLossOf },
    {
      link,
      served,
      clock: machineClock,
      logger,
      lossMaxMs: () => LOSS_MAX_MS[health.status.durability] ?? lostTailMaxMs,
    },
  )
  const clock = new StoreClock({ clock: machineClock, logger, readTime: () => redisTime(link) })
  const disconnect = (): void => {
    clock.stop()
    void identity.stop()
    health.stop()
    subscriber.disconnect()
    link.close()
  }
  try {
    await connected(link, machineClock, connectTimeoutMs)
    health.requireDurability()
    const endsAt = machineClock.monotonic() + connectTimeoutMs
    const mayWait = (): boolean => machineClock.monotonic() < endsAt
    // The connection may be lost again at once.
    await repeatWhileUnavailable(() => clock.start(), { clock: machineClock, mayWait })
    link.onConnected(() => clock.refresh())
  } catch (error) {
    disconnect()
    throw error
  }

  return adaptersOver({ nodeId, link, subscriber, health, identity, kinds, clock, logger }, disconnect)
}

interface RedisParts {
  readonly nodeId: NodeId
  readonly link: RedisLink
  readonly subscriber: Redis
  readonly health: RedisHealth
  readonly identity: StoreIdentity
  readonly kinds: RecordKinds
  readonly clock: StoreClock
  readonly logger: Logger
}

function adaptersOver(parts: RedisParts, disconnect: () => void): Infra {
  const { nodeId, link, health, identity, kinds, clock } = parts
  const queues = new RedisReadyQueues(parts)
  const store = new RedisSwarmStore({
    link,
    health,
    identity,
    kinds,
    onReady: (scope, entries) => queues.committed(scope, entries),
    dropReadyQueue: (scope) => queues.drop(scope),
  })
  const coordination = new RedisCoordination(nodeId, parts)
  const peers = new RedisPeers(nodeId, parts)

  const close = async (): Promise<void> => {
    await store.close()
    await queues.close()
    await coordination.stop()
    await peers.stop()
    await identity.stop()
    disconnect()
  }
  const readyQueueFor = (scope: Scope, epoch: SwarmEpoch): ReadyQueue => queues.queueFor(scope, epoch)
  return { clock, store, coordination, peers, losses: identity, readyQueueFor, close }
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
