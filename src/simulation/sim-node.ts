import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import { DEFAULT_SWARM_ID, SwarmDirectory } from '#domain/cluster/swarm-directory.ts'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import { type EpochMs, type NodeId, nodeId } from '#domain/model/ids.ts'
import { ORCHESTRATOR_DEFAULTS } from '#domain/orchestration/orchestrator-options.ts'
import type { Peers } from '#domain/ports/peers.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import { EmbeddedPeers } from '#infra/embedded/embedded-peers.ts'
import { MemoryReadyQueues } from '#infra/embedded/memory-ready-queues.ts'
import { NoLosses } from '#infra/embedded/no-losses.ts'
import { StoreClock } from '#infra/system/store-clock.ts'
import { SCOPE, TENANT } from './address.ts'
import { MemoryCoordination } from './memory/memory-coordination.ts'
import { MemoryLogger } from './memory/memory-logger.ts'
import { MemoryPeers } from './memory/memory-peers.ts'
import { MemorySwarmStore } from './memory/memory-swarm-store.ts'
import type { Scenario } from './scenario.ts'
import { SeededIds, type SeededRandom } from './seeded-random.ts'
import { simCoordination, simPeers } from './sim-coordination.ts'
import { SimProcess } from './sim-process.ts'
import { SimServer } from './sim-server.ts'
import { simStore } from './sim-store.ts'
import { toyConsensusCrypto } from './toy-signatures.ts'
import type { World } from './world.ts'

export const LEASE_MS = 4_000
export const GRACE_MS = 1_000
/** Where a scenario has the fault `forgetting`: how long a finished task is kept. */
export const FORGETS_AFTER_MS = 5_000
const CLAIM_LAPSES_AFTER_MS = 2_000
const HOUR_MS = 3_600_000

/** A server node: the real domain on a simulated process, store, network and coordination. */
export class SimNode {
  readonly id: NodeId
  readonly process: SimProcess
  readonly server: SimServer
  readonly logger = new MemoryLogger()
  readonly ids: SeededIds
  readonly #world: World
  readonly #directory: SwarmDirectory
  readonly #queues: MemoryReadyQueues
  readonly #inner: MemorySwarmStore
  readonly #coordination: MemoryCoordination
  readonly #store: SwarmStore
  readonly #storeClock: StoreClock
  #swarm: OpenSwarm | undefined

  constructor(number: number, world: World) {
    const { medium, random, scenario, variant } = world
    this.#world = world
    this.id = nodeId(`node-${number}`)
    this.process = new SimProcess(world.clock)
    if (world.has('wall_clock')) this.process.setWallClock(wrongBy(random))
    this.#storeClock = new StoreClock({
      clock: this.process.clock,
      logger: this.logger,
      readTime: () => this.#readTime(),
    })
    const clock = variant.clock(this.#storeClock, this.process.clock)
    this.ids = new SeededIds({ random: random.fork(), clock: this.process.clock })
    this.#inner = new MemorySwarmStore(
      { faultFor: world.store.faultFor },
      {
        medium,
        clock,
        deliver: (scope, entries) => this.process.run(() => this.#queues.deliver(scope, entries)),
      },
    )
    this.#store = variant.store(simStore(this.#inner, this.process, world))
    this.#queues = new MemoryReadyQueues({ clock })
    this.#coordination = new MemoryCoordination(this.id, { medium, clock: world.wires })
    const peers: Peers =
      scenario.nodeCount === 1
        ? new EmbeddedPeers(this.id)
        : simPeers(new MemoryPeers(this.id, { network: world.nodeNetwork }), this.process)
    this.server = new SimServer(this.id, this.process, world)
    this.#directory = new SwarmDirectory(directoryOptions(scenario), {
      store: this.#store,
      coordination: variant.coordination(simCoordination(this.#coordination, this.process, world), medium),
      peers,
      losses: new NoLosses(),
      sessions: this.server,
      clock,
      random: random.fork(),
      logger: this.logger,
      consensusCrypto: toyConsensusCrypto(),
      // Nobody makes schedules here.
      calendar: { next: () => undefined },
      workers: new InlineWorkers(),
      readyQueueFor: (scope) => this.#queues.open(scope),
    })
  }

  get isReady(): boolean {
    return this.#swarm !== undefined && !this.process.isDead
  }

  get swarm(): OpenSwarm {
    if (this.#swarm === undefined) throw new Error(`${this.id} is not ready`)
    return this.#swarm
  }

  get isCoordinating(): boolean {
    return this.#world.medium.scope(SCOPE).holder === this.id
  }

  /** @throws what a server's main would exit with */
  async start(): Promise<void> {
    await this.#storeClock.start()
    await this.#directory.start([TENANT])
    const swarm = await this.#directory.open(TENANT, DEFAULT_SWARM_ID)
    this.server.open(this.#world.variant.service(swarm.service, this.#store))
    this.#swarm = swarm
  }

  /** kill -9 */
  die(): void {
    if (this.process.isDead) return
    this.process.kill()
    this.#coordination.die()
    this.#world.nodeNetwork.die(this.id)
    for (const socket of this.server.sockets) socket.cut()
  }

  /** SIGSTOP. Who does not renew its claim and its presence loses both. */
  stop(): void {
    const { clock, medium, nodeNetwork } = this.#world
    this.process.stop()
    clock.setTimer(CLAIM_LAPSES_AFTER_MS, () => {
      if (this.process.isRunning || this.process.isDead) return
      if (this.isCoordinating) medium.scope(SCOPE).holder = undefined
      nodeNetwork.fallSilent(this.id)
    })
  }

  /** SIGCONT. It learns a little later that its claim is gone, if it is. */
  goOn(): void {
    const { clock, random } = this.#world
    const hadLapsed = !this.isCoordinating
    this.process.goOn()
    if (hadLapsed)
      clock.setTimer(
        random.integer(500),
        () => !this.process.isDead && !this.isCoordinating && this.loseClaim(),
      )
  }

  loseClaim(): void {
    this.#coordination.lose(SCOPE)
  }

  /** SIGTERM: drain, close the channels, stop. */
  async terminate(): Promise<void> {
    await this.#directory.drain()
    await this.#world.clock.wait(200)
    this.server.closeAll()
    await this.#world.clock.wait(200)
    await this.#directory.stop()
    await this.#queues.close()
    await this.#coordination.close()
    this.#inner.close()
    this.#storeClock.stop()
  }

  async #readTime(): Promise<EpochMs> {
    const { clock, wires } = this.#world
    await clock.wait(this.#world.latencyMs())
    const time = wires.now()
    await clock.wait(this.#world.latencyMs())
    return this.process.bring(Promise.resolve(time))
  }
}

/** Up to an hour, before or behind. */
export function wrongBy(random: SeededRandom): number {
  return Math.round((random.next() - 0.5) * 2 * HOUR_MS)
}

function directoryOptions({
  faults,
  topology,
  strategy,
}: Scenario): ConstructorParameters<typeof SwarmDirectory>[0] {
  const isTrimming = faults.has('trimming')
  const isForgetting = faults.has('forgetting')
  const eventsMax = isTrimming ? 40 : 1_000_000
  return {
    defaultSwarm: {
      description: '',
      strategy,
      topology,
      leaseMs: LEASE_MS,
      limits: { openTasksMax: 10_000, agentsMax: 1_000, eventsMax },
    },
    swarmsMax: 10,
    orchestrator: {
      ...ORCHESTRATOR_DEFAULTS,
      reconnectGraceMs: GRACE_MS,
      eventTailMax: 50,
      retentionEveryMs: isTrimming || isForgetting ? 1_000 : 60_000,
      ...(isForgetting ? { taskRetentionMs: FORGETS_AFTER_MS } : {}),
      breaker: { failuresMax: 3, cooldownMs: 2_000 },
    },
    sweepMs: 500,
    findCoordinatorMs: 5_000,
    rebalanceAfterMs: 5_000,
  }
}
