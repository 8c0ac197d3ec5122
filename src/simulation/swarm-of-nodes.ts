import type { SeededRandom } from './seeded-random.ts'
import { SimNode, wrongBy } from './sim-node.ts'
import type { World } from './world.ts'

const BOOT_AGAIN_MS = 500
/** How long what follows the death of a node may go on: its claim lapses, another node takes over and recovers. */
const DEATH_SETTLES_MS = 4_000
const COORDINATION_SETTLES_MS = 5_000
const BOOT_SETTLES_MS = 500

/** The server nodes, and what befalls them. A node that ends is followed by a new one after a while. */
export class SwarmOfNodes {
  readonly #world: World
  readonly #random: SeededRandom
  readonly #nodes = new Set<SimNode>()
  readonly #terminating = new Set<SimNode>()
  #nodesMade = 0

  constructor(world: World, random: SeededRandom) {
    this.#world = world
    this.#random = random
  }

  get all(): readonly SimNode[] {
    return [...this.#nodes]
  }

  /** Nodes that take requests, as a load balancer knows them: a stopped one looks alive. */
  get ready(): readonly SimNode[] {
    return this.all.filter((node) => node.isReady)
  }

  /** As many as there should be, and none of them stopped. */
  get areWell(): boolean {
    const well = this.ready.filter(({ process }) => process.isRunning)
    return well.length === this.#world.scenario.nodeCount
  }

  pick(random: SeededRandom): SimNode | undefined {
    const { ready } = this
    return ready.length === 0 ? undefined : random.pick(ready)
  }

  boot(): void {
    const { trace } = this.#world
    this.#nodesMade += 1
    const node = new SimNode(this.#nodesMade, this.#world)
    this.#nodes.add(node)
    trace.note(node.id, 'starts')
    const settled = this.#world.disturbances.begin('boot', BOOT_SETTLES_MS)
    node.start().then(settled, (error: unknown) => {
      trace.note(node.id, `cannot start: ${String(error)}`)
      node.die()
      this.#nodes.delete(node)
      settled()
      this.#bootLater(BOOT_AGAIN_MS)
    })
  }

  kill(): void {
    const node = this.#pickAny()
    if (node === undefined) return
    const { trace, disturbances } = this.#world
    trace.note(node.id, node.isCoordinating ? 'is killed while it coordinates' : 'is killed')
    const settled = disturbances.begin('node_death', DEATH_SETTLES_MS)
    node.die()
    this.#nodes.delete(node)
    settled()
    this.#bootLater(300 + this.#random.integer(5_000))
  }

  stopForAWhile(): void {
    const node = this.#pickAny()
    if (node === undefined || !node.process.isRunning) return
    const { trace, disturbances, clock } = this.#world
    const pauseMs = 300 + this.#random.integer(6_000)
    trace.note(node.id, `is stopped for ${pauseMs} ms`)
    const settled = disturbances.begin('coordination', COORDINATION_SETTLES_MS)
    node.stop()
    clock.setTimer(pauseMs, () => {
      settled()
      trace.note(node.id, 'goes on')
      node.goOn()
    })
  }

  loseClaim(): void {
    const node = this.ready.find(({ isCoordinating, process }) => isCoordinating && process.isRunning)
    if (node === undefined) return
    this.#world.trace.note(node.id, 'loses its claim')
    this.#world.disturbances.begin('coordination', COORDINATION_SETTLES_MS)()
    node.loseClaim()
  }

  drain(): void {
    const node = this.#pickAny()
    if (node === undefined || !node.isReady || !node.process.isRunning || this.#terminating.has(node)) return
    this.#terminating.add(node)
    const { trace, disturbances } = this.#world
    trace.note(node.id, 'is terminated')
    const settled = disturbances.begin('coordination', COORDINATION_SETTLES_MS)
    const after = (): void => {
      settled()
      if (node.process.isDead) return
      node.process.kill()
      this.#nodes.delete(node)
      this.#bootLater(500 + this.#random.integer(2_000))
    }
    node.terminate().then(after, (error: unknown) => {
      trace.note(node.id, `did not stop well: ${String(error)}`)
      after()
    })
  }

  /** Redis, or what stands for it, does not reach a node for a while. */
  deafen(): void {
    const node = this.#pickAny()
    if (node === undefined) return
    const { trace, disturbances, clock, nodeNetwork } = this.#world
    const deafMs = 50 + this.#random.integer(2_500)
    trace.note(node.id, `hears no other node for ${deafMs} ms`)
    const settled = disturbances.begin('coordination', COORDINATION_SETTLES_MS)
    nodeNetwork.deafen(node.id)
    clock.setTimer(deafMs, () => {
      settled()
      nodeNetwork.hearAgain(node.id)
    })
  }

  setWallClock(): void {
    const node = this.#pickAny()
    const offsetMs = wrongBy(this.#random)
    this.#world.trace.note(node?.id ?? 'nobody', `has its wall clock set to ${offsetMs} ms`)
    node?.process.setWallClock(offsetMs)
  }

  /** Whatever befell them is over. */
  calmDown(): void {
    for (const { process } of this.#nodes) process.setWallClock(0)
  }

  #bootLater(ms: number): void {
    this.#world.clock.setTimer(ms, () => this.boot())
  }

  /** Often the one that coordinates, since most depends on it. */
  #pickAny(): SimNode | undefined {
    const { all } = this
    const coordinating = all.find(({ isCoordinating }) => isCoordinating)
    if (coordinating !== undefined && this.#random.next() < 0.4) return coordinating
    return all.length === 0 ? undefined : this.#random.pick(all)
  }
}
