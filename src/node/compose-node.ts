import { randomBytes } from 'node:crypto'
import { SwarmDirectory } from '#domain/cluster/swarm-directory.ts'
import type { MemoryOptions } from '#domain/intelligence/memory/memory-options.ts'
import { type NodeId, nodeId, type TenantId, tenantId } from '#domain/model/ids.ts'
import { ORCHESTRATOR_DEFAULTS } from '#domain/orchestration/orchestrator-options.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import type { Infra } from '#infra/infra.ts'
import { CronerCalendar } from '#infra/system/croner-calendar.ts'
import { FairTurns } from '#infra/system/fair-turns.ts'
import { createPinoLogger } from '#infra/system/pino-logger.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { createConsensusCrypto } from '#infra/system/system-consensus-crypto.ts'
import { SystemRandom } from '#infra/system/system-random.ts'
import { UuidIds } from '#infra/system/uuid-ids.ts'
import { ThreadWorkers } from '#infra/system/workers/thread-workers.ts'
import type { ApiKeys } from '#server/auth/api-keys.ts'
import { refuseOpenServer } from '#server/auth/bind-guard.ts'
import { originOf } from '#server/auth/origin-guard.ts'
import { SessionRegistry } from '#server/channel/session-registry.ts'
import { createServer, type SwarmServer } from '#server/create-server.ts'
import type { ServerOptions } from '#server/server-options.ts'
import { ApiKeySource } from './config/api-key-source.ts'
import { ConfigError, type ReadConfig } from './config/read-config.ts'
import type { Config } from './config/schema.ts'
import { packageVersion } from './package-version.ts'

const MEBIBYTE = 1_024 * 1_024

/** One server process, put together and not yet listening. */
export interface SwarmNode {
  /** Begins to coordinate and to listen. @returns the address to reach it at */
  listen(): Promise<string>
  /**
   * Reads the API keys again, where they come from a file. Connections under keys that are not valid any more end.
   *
   * @throws ConfigError where the file is wrong; the keys of before stay valid
   */
  reloadKeys(): Promise<void>
  /**
   * Says that it is not ready and serves for `AMOS_DRAIN_NOTICE_MS` as before, then takes no new work, tells agents and
   * waits for answers under way, at most `AMOS_DRAIN_MS`.
   */
  drain(options?: { readonly hasNotice?: boolean }): Promise<void>
  /** Ends all connections and lets go of the store. */
  close(): Promise<void>
}

export interface ComposeNodeOptions extends ReadConfig {
  /** Where the log goes: 1 is standard output, 2 standard error. */
  readonly logTo?: 1 | 2
  /** Called once where the store has failed for good and the process has to end. */
  readonly onStoreFailed?: (reason: string) => void
}

/** Builds one node, in the order in which its parts need each other. */
export async function composeNode({
  config,
  chosen,
  logTo = 1,
  onStoreFailed = () => undefined,
}: ComposeNodeOptions): Promise<SwarmNode> {
  const machineClock = new SystemClock()
  const self = nodeId(new UuidIds({ clock: machineClock }).next())
  const turns = new FairTurns({ clock: machineClock, nextTurn: setImmediate })
  const logger = createPinoLogger({
    level: config.AMOS_LOG_LEVEL,
    fileDescriptor: logTo,
    fields: { nodeId: self },
  })
  const keySource = new ApiKeySource(config.AMOS_API_KEYS)
  const apiKeys = await keySource.read()
  refuseOpenServer(config.AMOS_HOST, apiKeys !== undefined)
  const infra = await openInfra(config, chosen.has('AMOS_DURABILITY'), {
    clock: machineClock,
    logger,
    turns,
    nodeId: self,
    onFailed: onStoreFailed,
  })
  const parts = systemParts()
  let isStarting = true
  const swarms = new SwarmDirectory(directoryOptions(config), {
    ...infra,
    ...parts,
    random: new SystemRandom(),
    logger,
    consensusCrypto: createConsensusCrypto(),
  })
  const server = await createServer(serverOptions(config, self, apiKeys), {
    ...infra,
    ...parts,
    swarms,
    isStarting: () => isStarting,
    turns,
    ids: new UuidIds(infra),
    logger,
  })
  return {
    listen: async () => {
      // First what takes long or may fail: from the start of the swarms on leases run, and other nodes leave them to us.
      const url = await server.listen({ host: config.AMOS_HOST, port: config.AMOS_PORT })
      await swarms.start(tenantsOf(apiKeys))
      isStarting = false
      logger.info({ url, isOpen: apiKeys === undefined }, 'listening')
      return url
    },
    reloadKeys: () => reloadKeys(keySource, { server, swarms, logger }),
    drain: (options) => server.drain(options),
    close: async () => {
      await server.close()
      await swarms.stop()
      await parts.workers.close()
      await infra.close()
    },
  }
}

function serverOptions(config: Config, self: NodeId, apiKeys: ApiKeys | undefined): ServerOptions {
  return {
    nodeId: self,
    version: packageVersion(),
    apiKeys,
    pageTokenSecret: randomBytes(32).toString('hex'),
    allowedOrigins: originsIn(config.AMOS_ALLOWED_ORIGINS),
    requestsPerSecondMax: config.AMOS_REQUESTS_PER_SECOND_MAX,
    eventLoopDelayMaxMs: config.AMOS_EVENT_LOOP_DELAY_MAX_MS,
    connectionsMax: config.AMOS_CONNECTIONS_MAX,
    metricSwarmsMax: config.AMOS_METRIC_SWARMS_MAX,
    waitingRequestsMax: config.AMOS_WAITING_REQUESTS_MAX,
    anonymousMax: config.AMOS_ANONYMOUS_CONNECTIONS_MAX,
    anonymousPerAddressMax: config.AMOS_ANONYMOUS_CONNECTIONS_PER_ADDRESS_MAX,
    wrongCredentialsPerMinuteMax: config.AMOS_WRONG_CREDENTIALS_PER_MINUTE_MAX,
    drainNoticeMs: config.AMOS_DRAIN_NOTICE_MS,
    drainMs: config.AMOS_DRAIN_MS,
    maxAttempts: config.AMOS_MAX_ATTEMPTS,
    swarmDefaults: { leaseMs: config.AMOS_LEASE_MS, limits: swarmLimits(config) },
  }
}

interface KeyedParts {
  readonly server: SwarmServer
  readonly swarms: SwarmDirectory
  readonly logger: Logger
}

async function reloadKeys(source: ApiKeySource, { server, swarms, logger }: KeyedParts): Promise<void> {
  const keys = source.isFile ? await source.read() : undefined
  if (keys === undefined) {
    logger.warn({}, 'no API keys to reload: AMOS_API_KEYS names no file')
    return
  }
  server.replaceKeys(keys)
  logger.info({ keyCount: keys.count }, 'API keys reloaded')
  await swarms.addTenants(keys.tenants)
}

interface InfraParts {
  readonly clock: SystemClock
  readonly turns: FairTurns
  readonly logger: ReturnType<typeof createPinoLogger>
  readonly nodeId: ReturnType<typeof nodeId>
  readonly onFailed: (reason: string) => void
}

async function openInfra(
  config: Config,
  isDurabilityChosen: boolean,
  { clock, logger, turns, nodeId: self, onFailed }: InfraParts,
): Promise<Infra> {
  const { AMOS_REDIS_URL: url, AMOS_DATA_DIR: dataDir, AMOS_DURABILITY: durability } = config
  if (url === undefined && durability === 'none')
    throw new ConfigError([
      'AMOS_DURABILITY: `none` needs AMOS_REDIS_URL; the embedded store gives `synced` or `committed`',
    ])
  if (url === undefined) {
    return createEmbeddedInfra(
      { dataDir, durability, nodeId: self, checkedBytesMax: config.AMOS_START_CHECK_MIB_MAX * MEBIBYTE },
      { clock, logger, turns, onFailed },
    )
  }
  // BullMQ and its like take a good part of a start, and most nodes have no use for them.
  const { createRedisInfra } = await import('#infra/redis/create-redis-infra.ts')
  const chosen = isDurabilityChosen ? { durability } : {}
  const { AMOS_ACCEPT_STORE_LOSS: acceptedLossOf, AMOS_LOST_TAIL_MAX_MS: lostTailMaxMs } = config
  const options = { url, nodeId: self, dataDir, acceptedLossOf, lostTailMaxMs, ...chosen }
  return createRedisInfra(options, { clock, logger })
}

function directoryOptions(config: Config): ConstructorParameters<typeof SwarmDirectory>[0] {
  return {
    defaultSwarm: {
      description: 'The swarm that is there from the start.',
      strategy: { kind: 'least_loaded' },
      topology: { kind: 'mesh' },
      leaseMs: config.AMOS_LEASE_MS,
      limits: swarmLimits(config),
    },
    swarmsMax: config.AMOS_SWARMS_MAX,
    sweepMs: 500,
    findCoordinatorMs: config.AMOS_FIND_COORDINATOR_MS,
    rebalanceAfterMs: config.AMOS_REBALANCE_AFTER_MS,
    orchestrator: {
      ...ORCHESTRATOR_DEFAULTS,
      ...memoryOptions(config),
      reconnectGraceMs: config.AMOS_RECONNECT_GRACE_MS,
      undeliveredMax: config.AMOS_UNDELIVERED_MAX,
      agingMs: config.AMOS_AGING_MS,
      taskRetentionMs: config.AMOS_TASK_RETENTION_MS,
      finishedTasksMax: config.AMOS_FINISHED_TASKS_MAX,
      eventRetentionMs: config.AMOS_EVENT_RETENTION_MS,
      removedAgentRetentionMs: config.AMOS_REMOVED_AGENT_RETENTION_MS,
      idempotencyMs: config.AMOS_IDEMPOTENCY_MS,
      openProposalsMax: config.AMOS_OPEN_PROPOSALS_MAX,
      taskTypesMax: config.AMOS_METRIC_TASK_TYPES_MAX,
      decisionPatienceMs: config.AMOS_DECISION_PATIENCE_MS,
      inboxMessagesMax: config.AMOS_INBOX_MESSAGES_MAX,
      trailSetsMax: config.AMOS_TRAIL_SETS_MAX,
      trailEdgesMax: config.AMOS_TRAIL_EDGES_MAX,
      breaker: { failuresMax: config.AMOS_BREAKER_FAILURES_MAX, cooldownMs: config.AMOS_BREAKER_COOLDOWN_MS },
    },
  }
}

function memoryOptions(config: Config): Partial<MemoryOptions> {
  return {
    memoryVersionsMax: config.AMOS_MEMORY_VERSIONS_MAX,
    memoryNamespacesMax: config.AMOS_MEMORY_NAMESPACES_MAX,
    memoryDefaults: { recordsMax: config.AMOS_MEMORY_RECORDS_MAX, bytesMax: config.AMOS_MEMORY_BYTES_MAX },
    memoryTenantBytesMax: config.AMOS_MEMORY_TENANT_BYTES_MAX,
  }
}

function swarmLimits(config: Config): { openTasksMax: number; agentsMax: number; eventsMax: number } {
  return {
    openTasksMax: config.AMOS_OPEN_TASKS_MAX,
    agentsMax: config.AMOS_AGENTS_MAX,
    eventsMax: config.AMOS_EVENTS_MAX,
  }
}

function tenantsOf(apiKeys: ApiKeys | undefined): readonly TenantId[] {
  return apiKeys?.tenants ?? [tenantId('default')]
}

function originsIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((origin) => originOf(origin.trim()))
    .filter((origin) => origin !== '')
}

/** What needs neither the configuration nor the store. */
function systemParts() {
  return { sessions: new SessionRegistry(), workers: new ThreadWorkers(), calendar: new CronerCalendar() }
}
