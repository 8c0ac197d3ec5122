import { describe, expect, it } from 'vitest'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import type { TopologyView } from '#domain/topology/topology-view.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { anAgent, Cluster, eventsOf, type TestAgent, type TestNode } from '../../unit/domain/cluster.ts'
import { topologyFromLog } from './topology-from-log.ts'

const SETTINGS: readonly TopologySettings[] = [
  { kind: 'mesh' },
  { kind: 'ring', direction: 'two_way' },
  { kind: 'ring', direction: 'one_way' },
  { kind: 'hierarchical', branching: 2 },
  { kind: 'hierarchical', branching: 3 },
]
const STEPS = 25

/** A swarm whose agents come, go, die and lead, and whose node is killed and started again. */
export class RestartedSwarm {
  readonly random: SeededRandom
  readonly cluster: Cluster
  readonly agents = new Map<string, TestAgent>()
  node!: TestNode
  #isFaulty = false
  #born = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    const faults = ['before_commit', 'after_commit'] as const
    this.cluster = new Cluster({
      faultFor: () =>
        this.#isFaulty && this.random.next() < 0.2 ? { fail: this.random.pick(faults) } : undefined,
    })
  }

  async start(): Promise<void> {
    this.node = await this.cluster.node()
  }

  async live(): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) {
      this.#isFaulty = true
      await this.cluster.settle(this.#act().catch(() => undefined))
      this.#isFaulty = false
      if (this.random.next() < 0.5) await this.cluster.pass(this.random.integer(3_000))
    }
  }

  async #act(): Promise<unknown> {
    const agents = [...this.agents.values()]
    const draw = this.random.next()
    if (agents.length < 2 || draw < 0.35) return this.#join()
    const agent = this.random.pick(agents)
    if (draw < 0.5) return agent.detach()
    if (draw < 0.6) return agent.attach([], this.node)
    if (draw < 0.7) {
      this.agents.delete(agent.id)
      return this.node.service.agents.deregister({ agentId: agent.id })
    }
    if (draw < 0.85) return this.node.service.swarm.update({ topology: this.random.pick(SETTINGS) })
    if (draw < 0.95) return this.node.service.consensus.startElection({})
    return this.restart()
  }

  async #join(): Promise<void> {
    this.#born += 1
    const agent = await anAgent(`a${this.#born}`, this.node)
    this.agents.set(agent.id, agent)
  }

  async restart(): Promise<void> {
    this.node.die()
    this.#isFaulty = false
    this.node = await this.cluster.node()
  }

  async view(): Promise<TopologyView> {
    return this.cluster.settle(this.node.service.topology.view())
  }
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1)

describe('a topology, over restarts at any moment', () => {
  it.each(seeds)('is told whole by its events, seed %i', async (seed) => {
    const swarm = new RestartedSwarm(seed)
    await swarm.start()
    await swarm.live()
    // Time for the last changes to be written.
    await swarm.cluster.pass(2_000)
    const view = await swarm.view()
    const logged = topologyFromLog(await eventsOf(swarm.node))
    expect(logged).toEqual({
      kind: view.kind,
      version: view.version,
      leaderId: view.leaderId,
      members: view.nodes.map(({ agentId }) => agentId),
      links: view.edges.filter(({ strength }) => strength === null).map(({ from, to }) => `${from} > ${to}`),
    })
  })

  it('has a leader and every kind of topology in some of the runs', async () => {
    const views = await Promise.all(
      seeds.map(async (seed) => {
        const swarm = new RestartedSwarm(seed)
        await swarm.start()
        await swarm.live()
        return swarm.view()
      }),
    )
    expect(new Set(views.map(({ kind }) => kind)).size).toBe(3)
    expect(views.filter(({ leaderId }) => leaderId !== null).length).toBeGreaterThan(5)
    expect(
      views.filter(({ kind, leaderId }) => kind === 'hierarchical' && leaderId !== null).length,
    ).toBeGreaterThan(1)
  })

  it.each(seeds)('is after a kill what it was before, seed %i', async (seed) => {
    const swarm = new RestartedSwarm(seed)
    await swarm.start()
    await swarm.live()
    await swarm.cluster.pass(2_000)
    const { version: before, cost: _, ...shape } = await swarm.view()
    await swarm.restart()
    const { version, cost: __, ...again } = await swarm.view()
    expect(again).toEqual(shape)
    expect(version).toBeGreaterThan(before)
  })
})
