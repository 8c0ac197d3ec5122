import { LmdbSwarmStore } from '#infra/embedded/lmdb-swarm-store.ts'
import { RedisSwarmStore } from '#infra/redis/redis-swarm-store.ts'

const READS = ['get', 'getMany', 'list', 'readEvents'] as const

/** Counts the reads of all stores of this process: what a request costs, whatever the machine is doing meanwhile. */
export class StoreReads {
  count = 0
  readonly #undo: (() => void)[] = []

  constructor() {
    for (const { prototype } of [LmdbSwarmStore, RedisSwarmStore]) {
      for (const name of READS) this.#countCalls(prototype, name)
    }
  }

  #countCalls(prototype: LmdbSwarmStore | RedisSwarmStore, name: (typeof READS)[number]): void {
    const original = prototype[name] as (...parts: unknown[]) => unknown
    const countOne = (): void => {
      this.count += 1
    }
    Reflect.set(prototype, name, function counted(this: unknown, ...parts: unknown[]) {
      countOne()
      return original.apply(this, parts)
    })
    this.#undo.push(() => Reflect.set(prototype, name, original))
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }
}
