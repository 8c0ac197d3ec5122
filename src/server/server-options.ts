import type { NodeId } from '#domain/model/ids.ts'
import type { SwarmLimits } from '#domain/model/swarm-record.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { StoreLosses } from '#domain/ports/store-losses.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import type { Turns } from '#domain/ports/turns.ts'
import type { Workers } from '#domain/ports/workers.ts'
import type { ApiKeys } from './auth/api-keys.ts'
import type { SessionRegistry } from './channel/session-registry.ts'
import type { Swarms } from './swarms.ts'

export interface ServerOptions {
  readonly nodeId: NodeId
  /** Of the program, shown by the readiness check. */
  readonly version: string
  /** Undefined leaves the server open, on loopback only. */
  readonly apiKeys: ApiKeys | undefined
  /** Signs the page tokens of a server without API keys. With keys these do, so that all nodes sign alike. */
  readonly pageTokenSecret: string
  /** Origins of web pages that may use the server besides its own. */
  readonly allowedOrigins: readonly string[]
  /** Requests a second that one client or agent may make; 0 for any number. */
  readonly requestsPerSecondMax: number
  /** Mean event loop delay past which requests get 503, in milliseconds. */
  readonly eventLoopDelayMaxMs: number
  readonly connectionsMax: number
  /** Swarms with time series of their own. */
  readonly metricSwarmsMax: number
  /** Requests of one tenant that may wait for their turn while the node works for others too. */
  readonly waitingRequestsMax: number
  /** Connections that have shown no valid credential, of all addresses and of one. */
  readonly anonymousMax: number
  readonly anonymousPerAddressMax: number
  /** Wrong credentials of one address a minute; 0 for any number. */
  readonly wrongCredentialsPerMinuteMax: number
  /** How long a drain serves on after the server said that it is not ready, in milliseconds. */
  readonly drainNoticeMs: number
  /** How long a drain waits for answers that are under way, in milliseconds. */
  readonly drainMs: number
  /** Of tasks that do not say. */
  readonly maxAttempts: number
  /** Of swarms that do not say. */
  readonly swarmDefaults: { readonly leaseMs: number; readonly limits: SwarmLimits }
}

export interface ServerModules {
  readonly swarms: Swarms
  readonly store: Pick<SwarmStore, 'status'>
  readonly losses: Pick<StoreLosses, 'accept'>
  /** The same that the swarms deliver to. */
  readonly sessions: SessionRegistry
  /** Whether the server listens and the swarms are not served yet; false where it is left out. */
  readonly isStarting?: () => boolean
  readonly workers: Workers
  readonly clock: Clock
  readonly turns: Turns
  readonly ids: Ids
  readonly logger: Logger
}
