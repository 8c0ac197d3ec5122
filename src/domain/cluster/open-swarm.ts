import type { AgentService } from '../agents/agent-service.ts'
import { BROADCAST_TOPIC, deliverBroadcast } from '../communication/broadcast-channel.ts'
import { DELIVERY_TOPIC, deliverNotice } from '../communication/direct-channel.ts'
import { EventStream } from '../communication/event-stream.ts'
import type { AgentSessions } from '../communication/ports/agent-sessions.ts'
import type { ConsensusCrypto } from '../consensus/ports/consensus-crypto.ts'
import { LearningReader } from '../intelligence/learning/learning-reader.ts'
import { MemoryReader } from '../intelligence/memory/memory-reader.ts'
import { patientReads, repeatWhileUnavailable } from '../kernel/patient-store.ts'
import type { Semaphore } from '../kernel/semaphore.ts'
import { SwarmError } from '../model/errors.ts'
import type { EventDraft } from '../model/events.ts'
import { eventDraft } from '../model/events.ts'
import type { EpochMs, NodeId, Scope, SwarmEpoch } from '../model/ids.ts'
import { SWARM_RECORDS, type SwarmRecord } from '../model/swarm-record.ts'
import type { OrchestratorOptions } from '../orchestration/orchestrator-options.ts'
import { forwardingService, overlaid } from '../orchestration/swarm-calls.ts'
import { SwarmOrchestrator } from '../orchestration/swarm-orchestrator.ts'
import { SwarmReader } from '../orchestration/swarm-reader.ts'
import type { SwarmService } from '../orchestration/swarm-service.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClaimOutcome, Coordination } from '../ports/coordination.ts'
import type { CronCalendar } from '../ports/cron-calendar.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerNotice, Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import { put, type StoredRecord } from '../ports/records.ts'
import type { StoreLoss, SwarmStore } from '../ports/swarm-store.ts'
import type { Workers } from '../ports/workers.ts'
import { ClaimTurns } from '../presence/claim-turns.ts'
import { SwarmGateway } from './swarm-gateway.ts'

type Held = Extract<ClaimOutcome, { isHeld: true }>

/** What one server node works with. */
export interface NodeModules {
  readonly store: SwarmStore
  readonly coordination: Coordination
  readonly peers: Peers
  readonly sessions: AgentSessions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly consensusCrypto: ConsensusCrypto
  readonly calendar: CronCalendar
  readonly workers: Workers
  /** Takeovers wait here for one another. */
  readonly recoveries: Semaphore
  /** A queue of its own for each coordinatorship, closed at its end. */
  readyQueueFor(scope: Scope, epoch: SwarmEpoch): ReadyQueue
}

export interface OpenSwarmOptions {
  readonly scope: Scope
  /** The record the swarm was created with. */
  readonly record: SwarmRecord
  readonly orchestrator: OrchestratorOptions
  readonly findCoordinatorMs: number
  isDraining(): boolean
}

/** One swarm as one node offers it: commands, reads and events, wherever the swarm is coordinated. */
export class OpenSwarm {
  readonly scope: Scope
  readonly reader: SwarmReader
  readonly learning: LearningReader
  readonly memory: MemoryReader
  readonly events: EventStream
  readonly service: SwarmService
  readonly gateway: SwarmGateway
  readonly #options: OpenSwarmOptions
  readonly #modules: NodeModules
  readonly #queues = new Map<SwarmOrchestrator, ReadyQueue>()
  #successor: NodeId | undefined
  #isSuspended = false
  /** Of the newest coordinatorship that this node has heard of. */
  #newestEpoch = 0

  constructor(options: OpenSwarmOptions, modules: NodeModules) {
    const { scope, orchestrator, findCoordinatorMs } = options
    this.scope = scope
    this.#options = options
    this.#modules = modules
    this.reader = new SwarmReader(scope, modules)
    this.learning = new LearningReader(scope, modules)
    const { memoryDefaults: defaults, memoryVersionsMax: versionsMax } = orchestrator
    this.memory = new MemoryReader({ scope, defaults, versionsMax }, modules)
    this.events = new EventStream({ scope, tailMax: orchestrator.eventTailMax }, modules)
    this.gateway = new SwarmGateway(
      { scope, findCoordinatorMs },
      {
        ...modules,
        events: this.events,
        claim: () => this.#claim(),
        coordinatorOf: () => modules.coordination.coordinatorOf(scope),
        begin: (outcome) => modules.recoveries.run(() => this.#begin(outcome)),
        end: (ended) => this.#end(ended),
      },
    )
    this.service = serviceOver(this.gateway, modules)
  }

  /** Tells apart two swarms that had the same id one after the other. */
  get createdAt(): EpochMs {
    return this.#options.record.createdAt
  }

  /** The swarm's record as it stands now. */
  async record(): Promise<SwarmRecord> {
    return (await this.stored()).value
  }

  /** The same with its version; 0 before anybody has coordinated it. */
  async stored(): Promise<Pick<StoredRecord<SwarmRecord>, 'value' | 'version'>> {
    const { swarmId } = this.#options.record
    const stored = await this.#modules.store.get(this.scope, { kind: SWARM_RECORDS, id: swarmId })
    return stored ?? { value: this.#options.record, version: 0 }
  }

  /** How much of it a takeover has to read again. */
  get openWork(): number {
    return this.gateway.orchestrator?.openTaskCount ?? 0
  }

  /** Hands what a coordinating node sends to the connections here, unless a later coordinatorship has been heard. */
  hear(notice: PeerNotice): void {
    const { sessions, logger } = this.#modules
    const { epoch, topic } = notice
    if (epoch < this.#newestEpoch) {
      logger.debug({ scope: this.scope, epoch, topic }, 'notice of an ended coordinatorship dropped')
      return
    }
    this.#newestEpoch = epoch
    if (topic === DELIVERY_TOPIC) deliverNotice(notice, sessions)
    else if (topic === BROADCAST_TOPIC) deliverBroadcast(notice, sessions)
  }

  /** The store has lost data: readers look what is gone, and nobody coordinates here before {@link resume}. */
  suspend(): void {
    this.#isSuspended = true
    this.events.lost()
  }

  /** The store still knows the swarm. */
  resume(): void {
    this.#isSuspended = false
  }

  /** Gives the coordination up at once, so that another node takes it: the successor, where one is named. */
  async handOver(successor?: NodeId): Promise<void> {
    this.#successor = successor
    await this.gateway.lost(this.#modules.peers.nodeId)
    this.#successor = undefined
  }

  close(): Promise<void> {
    return this.gateway.close()
  }

  async #claim(): Promise<ClaimOutcome> {
    const { coordination, peers } = this.#modules
    if (this.#isSuspended) throw new SwarmError('coordinator_unavailable', { retryAfterMs: 1_000 })
    if (!this.#options.isDraining()) return coordination.claim(this.scope, this.events.lastSequence)
    const coordinatorId = await coordination.coordinatorOf(this.scope)
    if (coordinatorId === undefined || coordinatorId === peers.nodeId) {
      throw new SwarmError('coordinator_unavailable', { retryAfterMs: 1_000 })
    }
    return { isHeld: false, coordinatorId }
  }

  async #begin(outcome: Held): Promise<SwarmOrchestrator> {
    const { epoch } = outcome
    const { peers, readyQueueFor, store, clock, logger } = this.#modules
    let isBegun = false
    const patience = { clock, mayWait: () => !isBegun && this.#mayBegin(epoch) }
    const record = await repeatWhileUnavailable(() => this.#beginLog(outcome), patience)
    const queue = readyQueueFor(this.scope, epoch)
    const orchestrator: SwarmOrchestrator = new SwarmOrchestrator(
      { scope: this.scope, nodeId: peers.nodeId, epoch, record },
      this.#options.orchestrator,
      {
        ...this.#modules,
        store: patientReads(store, patience),
        queue,
        events: this.events,
        onFenced: () => void this.gateway.fenced(orchestrator),
      },
    )
    this.#queues.set(orchestrator, queue)
    try {
      await orchestrator.start(patience)
      isBegun = true
    } catch (error) {
      await this.#end(orchestrator)
      throw error
    }
    logger.info({ scope: this.scope, epoch }, 'coordination begun')
    return orchestrator
  }

  /** A takeover goes on, however slow the store is, until the claim is somebody else's. */
  #mayBegin(epoch: SwarmEpoch): boolean {
    return !this.#options.isDraining() && this.#modules.coordination.holds(this.scope, epoch)
  }

  /** The first step of a coordinatorship: the swarm's own record where it has none yet, and an event that says who. */
  async #beginLog({ epoch, acceptedLoss }: Held): Promise<SwarmRecord> {
    const { store, clock, peers } = this.#modules
    const { swarmId } = this.#options.record
    const { result, events } = await store.transact({
      scope: this.scope,
      epoch,
      keys: [{ kind: SWARM_RECORDS, id: swarmId }] as const,
      decide: ([stored]) => {
        const time = clock.now()
        const record = stored?.value ?? this.#options.record
        const data = { coordinatorId: peers.nodeId, epoch }
        const coordinated = eventDraft('swarm.coordinator_changed', swarmId, time, data)
        const events = [...lossEvents(acceptedLoss, swarmId, time), coordinated]
        if (stored !== undefined) return { writes: [], events, ready: [], result: record }
        const created = eventDraft('swarm.created', swarmId, time, { strategy: record.strategy })
        return {
          writes: [put(SWARM_RECORDS, swarmId, record)],
          events: [created, ...events],
          ready: [],
          result: record,
        }
      },
    })
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch)
    this.events.begin(epoch, events)
    return result
  }

  async #end(orchestrator: SwarmOrchestrator): Promise<void> {
    const { coordination, logger } = this.#modules
    orchestrator.stop()
    this.events.end()
    const queue = this.#queues.get(orchestrator)
    this.#queues.delete(orchestrator)
    try {
      await queue?.close()
      await coordination.release(this.scope, this.#successor)
    } catch (error) {
      // The claim lapses by itself.
      logger.warn({ error, scope: this.scope }, 'coordination not released')
    }
  }
}

function lossEvents(loss: StoreLoss | undefined, subject: string, time: EpochMs): readonly EventDraft[] {
  if (loss === undefined) return []
  const { reason, lostStoreId } = loss
  return [eventDraft('swarm.store_lost', subject, time, { reason, lostStoreId })]
}

function serviceOver(gateway: SwarmGateway, { clock }: NodeModules): SwarmService {
  const forwarded = forwardingService((method, argument) => gateway.call(method, argument))
  const turns = new ClaimTurns({
    clock,
    isLocal: () => gateway.orchestrator !== undefined,
    claim: (turn) => forwarded.agents.claim(turn),
  })
  // What this node has to know of the connections that end here.
  const agents: Partial<AgentService> = {
    attach: (request) => {
      gateway.attached(request)
      return forwarded.agents.attach(request)
    },
    claim: (request) => turns.claim(request),
    settleClaim: (receipt) => {
      if (!receipt.isDelivered) turns.withdraw(receipt.claimId)
      return forwarded.agents.settleClaim(receipt)
    },
    detach: (request) => {
      gateway.detached(request)
      return forwarded.agents.detach(request)
    },
  }
  return overlaid(forwarded, { agents: overlaid(forwarded.agents, agents) })
}
