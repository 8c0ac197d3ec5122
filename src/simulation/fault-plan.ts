import { isSwarmError } from '#domain/model/errors.ts'
import { SCOPE } from './address.ts'
import { httpCall } from './http-call.ts'
import type { MemoryMedium } from './memory/memory-medium.ts'
import { anyTopology, type Fault } from './scenario.ts'
import type { SeededRandom } from './seeded-random.ts'
import { SimProcess } from './sim-process.ts'
import type { SwarmOfAgents } from './swarm-of-agents.ts'
import type { SwarmOfNodes } from './swarm-of-nodes.ts'
import type { World } from './world.ts'

export interface FaultPlanModules {
  readonly world: World
  readonly random: SeededRandom
  readonly nodes: SwarmOfNodes
  readonly agents: SwarmOfAgents
}

/** Not before the nodes are up and the swarm exists. */
const FAULTS_BEGIN_MS = 1_000
const FLUSH_EVERY_MS = 700
const STORE_SETTLES_MS = 4_000

/** Spreads the faults of a scenario over its time. */
export class FaultPlan {
  readonly #modules: FaultPlanModules
  readonly #operator: SimProcess
  #flushed: MemoryMedium | undefined

  constructor(modules: FaultPlanModules) {
    this.#modules = modules
    this.#operator = new SimProcess(modules.world.clock)
  }

  start(): void {
    const { nodes, agents } = this.#modules
    this.#each('agent_crash', 4, () => agents.crash())
    this.#each('agent_silence', 3, () => agents.silence())
    this.#each('agent_leave', 3, () => agents.leave())
    this.#each('cut_sockets', 5, () => agents.cutSocket())
    this.#each('node_death', 3, () => nodes.kill())
    this.#each('node_stop', 3, () => nodes.stopForAWhile())
    this.#each('claim_loss', 3, () => nodes.loseClaim())
    this.#each('node_drain', 2, () => nodes.drain())
    this.#each('deaf_nodes', 4, () => nodes.deafen())
    this.#each('wall_clock', 5, () => nodes.setWallClock())
    this.#each('store_refuses', 3, () => this.#troubleStore('refusedRatio'))
    this.#each('store_forgets_answers', 3, () => this.#troubleStore('forgottenRatio'))
    this.#each('store_pauses', 3, () => this.#pauseStore())
    this.#each('topology_switch', 3, () => this.#switchTopology())
    this.#each('lost_tail', 2, () => this.#loseTail())
    if (this.#modules.world.scenario.faults.has('lost_tail')) this.#flushLater()
  }

  /** So often, at random moments, where the scenario has the fault. */
  #each(fault: Fault, countMax: number, strike: () => void): void {
    const { world, random } = this.#modules
    const { faults, faultsEndAt } = world.scenario
    if (!faults.has(fault)) return
    const count = 1 + random.integer(countMax)
    for (let index = 0; index < count; index += 1) {
      world.clock.setTimer(FAULTS_BEGIN_MS + random.integer(faultsEndAt - FAULTS_BEGIN_MS), strike)
    }
  }

  #troubleStore(kind: 'refusedRatio' | 'forgottenRatio'): void {
    const { world, random } = this.#modules
    const settled = world.disturbances.begin('store', STORE_SETTLES_MS)
    world.store[kind] = random.pick([0.05, 0.2, 1])
    world.trace.note('store', `${kind} ${world.store[kind]}`)
    world.clock.setTimer(200 + random.integer(2_500), () => {
      world.store[kind] = 0
      world.trace.note('store', `${kind} 0`)
      settled()
    })
  }

  #pauseStore(): void {
    const { world, random } = this.#modules
    const pauseMs = 200 + random.integer(3_000)
    world.trace.note('store', `pauses for ${pauseMs} ms`)
    world.store.pausedUntil = world.clock.now + pauseMs
    const settled = world.disturbances.begin('store', STORE_SETTLES_MS)
    world.clock.setTimer(pauseMs, settled)
  }

  /** A person's doing, who looks no further whether it was heard. */
  #switchTopology(): void {
    const { world, random, nodes } = this.#modules
    const node = nodes.pick(random)
    if (node === undefined) return
    const topology = anyTopology(random.next())
    world.trace.note('operator', `switches to ${JSON.stringify(topology)}`)
    httpCall(world, this.#operator, node, 'swarm.update', { topology }).catch((error: unknown) => {
      if (!isSwarmError(error)) world.auditor.report(error)
    })
  }

  #flushLater(): void {
    const { world } = this.#modules
    if (world.clock.now >= FAULTS_BEGIN_MS / 2) this.#flushed = world.medium.copy()
    world.clock.setTimer(FLUSH_EVERY_MS, () => world.has('lost_tail') && this.#flushLater())
  }

  /** The store is restarted without its last moments. Before anything is written it raises its epoch for good. */
  #loseTail(): void {
    const { world } = this.#modules
    if (this.#flushed === undefined) return
    const { epoch, lastSequence } = world.medium.scope(SCOPE)
    world.auditor.look()
    world.disturbances.begin('coordination', STORE_SETTLES_MS)()
    world.medium.rewindTo(this.#flushed)
    const kept = world.medium.scope(SCOPE)
    kept.epoch = epoch + 1
    world.trace.note('store', `loses events ${kept.lastSequence + 1}–${lastSequence}`)
    world.auditor.lost()
  }
}
