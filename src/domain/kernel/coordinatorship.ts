import type { EventStream } from '../communication/event-stream.ts'
import type { ConsensusCrypto } from '../consensus/ports/consensus-crypto.ts'
import type { NodeId, Scope, SwarmEpoch } from '../model/ids.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'
import type { AgentSessions } from '../ports/agent-sessions.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'

/** Which coordinatorship of which swarm. */
export interface Coordinatorship {
  readonly scope: Scope
  readonly nodeId: NodeId
  readonly epoch: SwarmEpoch
  /** The swarm's record as it was when the coordinatorship began. */
  readonly record: SwarmRecord
}

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
  /** The store refused this coordinatorship: a later one has begun, here or on another node. */
  onFenced(): void
}
