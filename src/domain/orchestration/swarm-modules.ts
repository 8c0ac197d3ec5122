import type { EventStream } from '../communication/event-stream.ts'
import type { AgentSessions } from '../communication/ports/agent-sessions.ts'
import type { ConsensusCrypto } from '../consensus/ports/consensus-crypto.ts'
import type { Clock } from '../ports/clock.ts'
import type { CronCalendar } from '../ports/cron-calendar.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { Workers } from '../ports/workers.ts'

export interface SwarmModules {
  readonly store: SwarmStore
  readonly queue: ReadyQueue
  readonly events: EventStream
  readonly peers: Peers
  readonly sessions: AgentSessions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly consensusCrypto: ConsensusCrypto
  readonly calendar: CronCalendar
  readonly workers: Workers
  /** The store refused this coordinatorship: a later one has begun, here or on another node. */
  onFenced(): void
}
