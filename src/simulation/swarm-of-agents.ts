import type { AgentSpec } from '#domain/model/agent-record.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import { agentId } from '#domain/model/ids.ts'
import type { AgentIdentity, AgentLife } from './agent-life.ts'
import { ChannelAgent } from './channel-agent.ts'
import { HttpAgent } from './http-agent.ts'
import { httpCall } from './http-call.ts'
import type { SeededRandom } from './seeded-random.ts'
import { LEASE_MS } from './sim-node.ts'
import { SimProcess } from './sim-process.ts'
import type { SwarmOfNodes } from './swarm-of-nodes.ts'
import type { World } from './world.ts'

interface Living {
  readonly identity: AgentIdentity
  readonly isHttp: boolean
  process: SimProcess
  life: AgentLife
}

/** The agents, and what befalls them. One that crashes is started again, and knows nothing of before. */
export class SwarmOfAgents {
  readonly #world: World
  readonly #random: SeededRandom
  readonly #nodes: SwarmOfNodes
  readonly #agents: Living[] = []
  #isOver = false

  constructor(world: World, random: SeededRandom, nodes: SwarmOfNodes) {
    this.#world = world
    this.#random = random
    this.#nodes = nodes
  }

  start(): void {
    const { channelAgents, httpAgents, faults } = this.#world.scenario
    for (let index = 0; index < channelAgents + httpAgents; index += 1) {
      const spec = this.#spec(index)
      const identity = {
        agentId: agentId(`agent-${index + 1}`),
        spec,
        isSlow: faults.has('agent_slowness') && this.#random.next() < 0.3,
        isStubborn: this.#random.next() < 0.5,
      }
      this.#world.auditor.leases.knows(identity.agentId, spec)
      this.#agents.push(this.#bear(identity, index >= channelAgents))
    }
  }

  crash(): void {
    const agent = this.#pickAlive()
    if (agent === undefined) return
    agent.life.crash()
    this.#world.clock.setTimer(this.#random.integer(8_000), () => {
      if (!this.#isOver) Object.assign(agent, this.#bear(agent.identity, agent.isHttp))
    })
  }

  silence(): void {
    const agent = this.#pickAlive()
    if (agent === undefined) return
    const { process, identity } = agent
    const silentMs = LEASE_MS / 4 + this.#random.integer(3 * LEASE_MS)
    this.#world.trace.note(identity.agentId, `is stopped for ${silentMs} ms`)
    process.stop()
    this.#world.clock.setTimer(silentMs, () => {
      this.#world.trace.note(identity.agentId, 'goes on')
      process.goOn()
    })
  }

  /** Somebody deregisters an agent. It finishes what it holds, finds itself unknown, and registers again. */
  leave(): void {
    const agent = this.#pickAlive()
    const node = this.#nodes.pick(this.#random)
    if (agent === undefined || node === undefined) return
    const { agentId } = agent.identity
    this.#world.trace.note(agentId, 'is deregistered')
    httpCall(this.#world, new SimProcess(this.#world.clock), node, 'agents.deregister', { agentId }).catch(
      (error: unknown) => isSwarmError(error) || this.#world.auditor.report(error),
    )
  }

  cutSocket(): void {
    const agent = this.#pickAlive()
    if (agent === undefined) return
    this.#world.trace.note(agent.identity.agentId, 'has its socket cut')
    agent.life.cutSocket()
  }

  /** Ends all of them, so that nothing of theirs is left. */
  kill(): void {
    this.#isOver = true
    for (const { life } of this.#agents) life.crash()
  }

  #bear(identity: AgentIdentity, isHttp: boolean): Living {
    const process = new SimProcess(this.#world.clock)
    const random = this.#random.fork()
    const modules = { world: this.#world, process, random, pickNode: () => this.#nodes.pick(random) }
    const life = isHttp ? new HttpAgent(identity, modules) : new ChannelAgent(identity, modules)
    this.#world.trace.note(identity.agentId, 'starts')
    life.start()
    return { identity, isHttp, process, life }
  }

  /** The first agent can do everything that anybody can, so that every task can be done by somebody. */
  #spec(index: number): AgentSpec {
    const isMaster = index === 0
    const names = isMaster || this.#random.next() < 0.3 ? ['review', 'rust'] : ['review']
    return {
      name: `agent-${index + 1}`,
      capabilities: names.map((name) => ({ name, proficiency: 1, cost: 1 })),
      slots: 1 + this.#random.integer(4),
      resources: isMaster ? { gpu: 2 } : {},
      labels: {},
    }
  }

  /** Often one that works on something. */
  #pickAlive(): Living | undefined {
    const alive = this.#agents.filter(({ process }) => process.isRunning)
    const busy = alive.filter(({ life }) => life.isBusy)
    if (busy.length > 0 && this.#random.next() < 0.7) return this.#random.pick(busy)
    return alive.length === 0 ? undefined : this.#random.pick(alive)
  }
}
