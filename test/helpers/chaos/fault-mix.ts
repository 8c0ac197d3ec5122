import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import type { RedisServer } from '../redis-server.ts'
import { coordinatorAmong } from './coordinator.ts'
import type { ProxyProcess } from './proxy-process.ts'
import type { ServerProcess } from './server-process.ts'
import type { Silence } from './silences.ts'

export interface DisturbedNode {
  readonly server: ServerProcess
  /** Between it and Redis. */
  readonly proxy: ProxyProcess
}

export interface FaultMixOptions {
  readonly nodes: readonly DisturbedNode[]
  readonly redis: RedisServer
  readonly random: SeededRandom
}

/** A node that does not reach Redis in time ends, and whoever supervises it starts it again. */
const STARTS_MAX = 3

const HOUR_MS = 3_600_000
/** How long after the end of a fault the swarm may need to be itself again. */
const RECOVERS_MS = 3_000

/** Faults in a row that a seed draws, for as long as they are wanted; and when the swarm could do nothing for them. */
export class FaultMix {
  /** Times in which nothing may be completed: kills, holds of the coordinating node, and 3 s after them. */
  readonly excused: Silence[] = []
  /** One line each. */
  readonly journal: string[] = []
  /** When the coordinating node was killed. */
  readonly coordinatorDeaths: number[] = []
  readonly #options: FaultMixOptions
  readonly #lasting = new Set<Promise<void>>()

  constructor(options: FaultMixOptions) {
    this.#options = options
  }

  /** Resolves when the last fault is over. */
  async run(lastsMs: number): Promise<void> {
    const { random } = this.#options
    const endsAt = Date.now() + lastsMs
    while (Date.now() < endsAt) {
      await random.pick([
        this.#killNode,
        this.#killRedis,
        this.#holdNode,
        this.#slowDown,
        this.#disturbSubscribers,
        this.#stepClock,
        this.#cutNode,
      ])()
      await delay(2_000 + random.integer(5_000))
    }
    await Promise.all(this.#lasting)
  }

  readonly #killNode = async (): Promise<void> => {
    const { node, isCoordinating } = await this.#pickNode()
    const killedAt = this.#note(`kill ${node.server.port}${isCoordinating ? ', which coordinates' : ''}`)
    await node.server.kill9()
    if (isCoordinating) {
      this.coordinatorDeaths.push(killedAt)
      this.excused.push({ from: killedAt, to: killedAt + RECOVERS_MS })
    }
    await delay(1_000 + this.#options.random.integer(4_000))
    await superviseStart(node.server)
    this.#note(`${node.server.port} is back`)
  }

  readonly #killRedis = async (): Promise<void> => {
    const { redis, random } = this.#options
    const killedAt = this.#note('kill redis')
    await redis.kill9()
    await delay(random.integer(3_000))
    await redis.restart()
    this.excused.push({ from: killedAt, to: this.#note('redis is back') + RECOVERS_MS })
  }

  readonly #holdNode = async (): Promise<void> => {
    const { random } = this.#options
    const { node, isCoordinating } = await this.#pickNode()
    const directions = random.pick([['up'], ['down'], ['up', 'down']] as const)
    const heldAt = this.#note(
      `hold ${directions.join(' and ')} of ${node.server.port}${isCoordinating ? ', which coordinates' : ''}`,
    )
    node.proxy.hold(...directions)
    await delay(500 + random.integer(8_000))
    node.proxy.release()
    this.#note(`release ${node.server.port}`)
    // For the swarm it is the death of its coordinating node.
    if (isCoordinating) this.excused.push({ from: heldAt, to: heldAt + RECOVERS_MS })
  }

  /** While other faults come and go. */
  readonly #slowDown = async (): Promise<void> => {
    const { nodes, random } = this.#options
    const roundTripMs = 10 + random.integer(90)
    const lastsMs = 3_000 + random.integer(10_000)
    const slowed = random.pick([nodes, [random.pick(nodes)]])
    this.#note(`${roundTripMs} ms to redis for ${slowed.map(({ server }) => server.port).join(', ')}`)
    for (const { proxy } of slowed) proxy.delay(roundTripMs)
    this.#later(lastsMs, () => {
      for (const { proxy } of slowed) proxy.delay(0)
    })
  }

  readonly #disturbSubscribers = async (): Promise<void> => {
    const { nodes, random } = this.#options
    const { server, proxy } = random.pick(nodes)
    if (random.next() < 0.5) {
      this.#note(`cut the subscribers of ${server.port}`)
      proxy.cutSubscribers()
      return
    }
    this.#note(`hold the subscribers of ${server.port}`)
    proxy.holdSubscribers()
    this.#later(1_000 + random.integer(8_000), () => proxy.releaseSubscribers())
  }

  readonly #stepClock = async (): Promise<void> => {
    const { nodes, random } = this.#options
    const { server } = random.pick(nodes)
    const stepMs = Math.round((random.next() - 0.5) * 2 * HOUR_MS)
    this.#note(`set the clock of ${server.port} by ${stepMs} ms`)
    server.stepClock(stepMs)
  }

  readonly #cutNode = async (): Promise<void> => {
    const { server, proxy } = this.#options.random.pick(this.#options.nodes)
    this.#note(`cut the connections of ${server.port}`)
    proxy.cut()
  }

  /** Often the one that coordinates, since most depends on it. */
  async #pickNode(): Promise<{ readonly node: DisturbedNode; readonly isCoordinating: boolean }> {
    const { nodes, random } = this.#options
    const servers = nodes.map(({ server }) => server)
    // Where it cannot be asked, any may be the one.
    const coordinator = await coordinatorAmong(servers).catch(() => undefined)
    const coordinating = nodes.find(({ server }) => server === coordinator)
    const node = coordinating !== undefined && random.next() < 0.5 ? coordinating : random.pick(nodes)
    return { node, isCoordinating: coordinator === undefined || node === coordinating }
  }

  #later(ms: number, end: () => void): void {
    const lasting = delay(ms).then(end)
    this.#lasting.add(lasting)
    void lasting.finally(() => this.#lasting.delete(lasting))
  }

  #note(line: string): number {
    const now = Date.now()
    this.journal.push(`${new Date(now).toISOString()} ${line}`)
    return now
  }
}

async function superviseStart(server: ServerProcess): Promise<void> {
  for (let start = 1; ; start += 1) {
    try {
      return await server.restart()
    } catch (error) {
      if (start === STARTS_MAX) throw error
    }
  }
}
