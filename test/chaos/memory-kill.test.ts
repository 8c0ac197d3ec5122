import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { coordinatorAmong } from '../helpers/chaos/coordinator.ts'
import { Scene } from '../helpers/chaos/scene.ts'
import { eventually } from '../helpers/eventually.ts'

const NAMESPACE = 'kept'
const KEYS = 20

/** Writes each key again and again under the version it saw last, and counts; remembers what was answered. */
class Writer {
  readonly acknowledged = new Map<string, { readonly version: number; readonly round: number }>()
  increments = 0
  isStopped = false
  readonly #client: SwarmClient

  constructor(urls: readonly string[]) {
    this.#client = new SwarmClient({ url: urls, retryForMs: 60_000 })
  }

  async run(): Promise<void> {
    for (let round = 1; !this.isStopped; round += 1) {
      const keys = Array.from({ length: KEYS }, (_, at) => `key-${at}`)
      await Promise.all(
        keys.map(async (key) => {
          const { version } = await this.#client.memory.put(NAMESPACE, key, { round, word: `heron${round}` })
          this.acknowledged.set(key, { version, round })
        }),
      )
      await this.#client.memory.increment(NAMESPACE, 'count')
      this.increments += 1
    }
  }

  /** What is wrong: an answered write that is gone, an older one over it, a miscounted increment, a record not found. */
  async faults(): Promise<readonly string[]> {
    const { records } = await this.#client.memory.list(NAMESPACE, { pageSize: 1_000, includeValues: true })
    const roundOf = new Map(records.map(({ key, value }) => [key, (value as { round?: number }).round ?? 0]))
    const versionOf = new Map(records.map(({ key, version }) => [key, version]))
    const lost = [...this.acknowledged].filter(
      ([key, { version, round }]) => (versionOf.get(key) ?? 0) < version || (roundOf.get(key) ?? 0) < round,
    )
    const count = records.find(({ key }) => key === 'count')?.value
    const newest = Math.max(...roundOf.values())
    const wanted = [...roundOf.values()].filter((round) => round === newest).length
    const { hits } = await eventually(async () => {
      const found = await this.#client.memory.search({ text: `heron${newest}`, countMax: 100 })
      return found.isComplete && found
    })
    return [
      ...lost.map(([key]) => `${key} is behind what was answered`),
      ...(count === this.increments ? [] : [`the counter is ${String(count)}, not ${this.increments}`]),
      ...(hits.length === wanted ? [] : [`${hits.length} of ${wanted} records are found`]),
    ]
  }
}

describe('the memory of a swarm', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(() => scene.close())

  async function written(writer: Writer, rounds: number): Promise<void> {
    const until = writer.increments + rounds
    await eventually(() => writer.increments >= until, { timeoutMs: 60_000 })
  }

  it('has every answered write after a server with the embedded store was killed twice', async () => {
    const server = await scene.startServer()
    const writer = new Writer(scene.urls)
    const running = writer.run()
    for (let kill = 0; kill < 2; kill += 1) {
      await written(writer, 2)
      await server.kill9()
      await server.restart()
    }
    await written(writer, 2)
    writer.isStopped = true
    await running
    expect(await writer.faults()).toEqual([])
  })

  it('has every answered write after the coordinating node on Redis was killed', async () => {
    const redis = await scene.startRedis()
    for (let node = 0; node < 2; node += 1) await scene.startServer({ redisUrl: redis.url })
    const writer = new Writer(scene.urls)
    const running = writer.run()
    await written(writer, 2)
    await (await coordinatorAmong(scene.servers)).kill9()
    await written(writer, 2)
    writer.isStopped = true
    await running
    expect(await writer.faults()).toEqual([])
  })
})
