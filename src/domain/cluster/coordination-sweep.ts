import { isSwarmError } from '../model/errors.ts'
import { type MonotonicMs, type NodeId, type Scope, splitScope, tenantScope } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Coordination } from '../ports/coordination.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { OpenSwarm } from './open-swarm.ts'
import { COUNT_DIFFERENCE_MIN, nodeToRelieve } from './swarm-balance.ts'

export interface CoordinationSweepOptions {
  /** How often this node looks for swarms that nobody coordinates. */
  readonly sweepMs: number
  /** How long the set of nodes has to be the same before swarms move to nodes that coordinate fewer. */
  readonly rebalanceAfterMs: number
}

export interface CoordinationSweepModules {
  readonly coordination: Coordination
  readonly peers: Peers
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** All swarms there are. */
  swarms(): Promise<readonly OpenSwarm[]>
  /** Those of them that this node coordinates now. */
  coordinated(): readonly OpenSwarm[]
  isDraining(): boolean
}

interface View {
  readonly swarms: readonly OpenSwarm[]
  /** Place by place. */
  readonly coordinators: readonly (NodeId | undefined)[]
}

/** What one node asks of another, filed under the tenant whose swarm it would take. */
export const YIELD_METHOD = 'yieldSwarm'

/** Sees to it that each swarm is coordinated by some node, and that the nodes share the swarms equally. */
export class CoordinationSweep {
  readonly #options: CoordinationSweepOptions
  readonly #modules: CoordinationSweepModules
  #present: ReadonlySet<NodeId> = new Set()
  #presentSince: MonotonicMs | undefined
  #isStopped = false
  #cancelTimer: () => void = () => undefined

  constructor(options: CoordinationSweepOptions, modules: CoordinationSweepModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Resolves when all swarms that fell to this node are coordinated. */
  async start(): Promise<void> {
    const view = await this.#look()
    await Promise.all(view === undefined ? [] : this.#take(view))
    this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
  }

  async coordinate(swarm: OpenSwarm, seen?: { readonly coordinatorId: NodeId | undefined }): Promise<void> {
    if (this.#modules.isDraining()) return
    try {
      await swarm.gateway.ensureCoordinated(seen)
    } catch (error) {
      this.#modules.logger.warn({ error, scope: swarm.scope }, 'swarm not coordinated')
    }
  }

  /**
   * Hands the swarm with the least open work to a node that coordinates fewer.
   *
   * @param count how many swarms that node coordinates
   * @returns the swarm; undefined where this node has no more than its share
   */
  async yieldTo(successor: NodeId, scope: Scope, count: number): Promise<Scope | undefined> {
    const own = this.#modules.coordinated()
    if (this.#modules.isDraining() || own.length - count < COUNT_DIFFERENCE_MIN) return undefined
    const { tenant } = splitScope(scope)
    const [lightest] = own
      .filter((swarm) => splitScope(swarm.scope).tenant === tenant)
      .toSorted((a, b) => a.openWork - b.openWork)
    if (lightest === undefined) return undefined
    this.#modules.logger.info({ scope: lightest.scope, successor }, 'swarm handed over')
    await lightest.handOver(successor)
    return lightest.scope
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#cancelTimer = this.#modules.clock.setTimer(this.#options.sweepMs, () => {
      void this.#sweep().then(() => this.#schedule())
    })
  }

  async #sweep(): Promise<void> {
    const view = await this.#look()
    if (view === undefined) return
    // A takeover can take long, and other swarms wait for the next look.
    void Promise.all(this.#take(view))
    try {
      await this.#balance(view)
    } catch (error) {
      if (!isSwarmError(error)) this.#modules.logger.error({ error }, 'swarms not balanced')
    }
  }

  async #look(): Promise<View | undefined> {
    const { coordination, logger } = this.#modules
    try {
      const swarms = await this.#modules.swarms()
      return { swarms, coordinators: await coordination.coordinatorsOf(swarms.map(({ scope }) => scope)) }
    } catch (error) {
      logger.warn({ error }, 'swarms not looked at')
      return undefined
    }
  }

  /** Begins to coordinate what nobody does. In random order, so that nodes which look at the same time share the swarms. */
  #take({ swarms, coordinators }: View): readonly Promise<void>[] {
    return swarms
      .map((swarm, index) => ({
        swarm,
        coordinatorId: coordinators[index],
        draw: this.#modules.random.next(),
      }))
      .toSorted((a, b) => a.draw - b.draw)
      .map(({ swarm, coordinatorId }) => this.coordinate(swarm, { coordinatorId }))
  }

  /** Moves one swarm at a time, so that the others are served meanwhile. */
  async #balance({ swarms, coordinators }: View): Promise<void> {
    const { peers, isDraining } = this.#modules
    if (peers.isAlone || isDraining() || !this.#isSettled(peers.present())) return
    const busiest = nodeToRelieve(peers.nodeId, peers.present(), coordinators)
    const example = swarms.find((_, index) => coordinators[index] === busiest)
    if (busiest === undefined || example === undefined) return
    const count = coordinators.filter((node) => node === peers.nodeId).length
    const scope = tenantScope(splitScope(example.scope).tenant)
    const taken = await peers.call(busiest, { scope, method: YIELD_METHOD, argument: { count } })
    const swarm = swarms.find((each) => each.scope === taken)
    if (swarm !== undefined) await this.coordinate(swarm, { coordinatorId: undefined })
  }

  /** Nodes that come and go are waited for: each move interrupts a swarm for a moment. */
  #isSettled(present: ReadonlySet<NodeId>): boolean {
    const now = this.#modules.clock.monotonic()
    const isSame =
      present.size === this.#present.size && [...present].every((node) => this.#present.has(node))
    if (!isSame || this.#presentSince === undefined) this.#presentSince = now
    this.#present = present
    return now - this.#presentSince >= this.#options.rebalanceAfterMs
  }
}
