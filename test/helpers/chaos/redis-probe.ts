import { Redis } from 'ioredis'

const EVERY_MS = 100
/** A write that Redis needs so long for says that the machine or its disk stood still. */
const STALL_MS = 300

/** Writes to Redis again and again, past all proxies, and notes when that took long: the machine's fault, not the swarm's. */
export class RedisProbe {
  /** Start of each slow write, in milliseconds since the epoch, and how long it took. */
  readonly stalls: { readonly at: number; readonly tookMs: number }[] = []
  readonly #client: Redis
  readonly #timer: NodeJS.Timeout
  #isBusy = false

  constructor(url: string) {
    this.#client = new Redis(url, { retryStrategy: () => EVERY_MS, enableOfflineQueue: false })
    this.#client.on('error', () => {})
    this.#timer = setInterval(() => void this.#write(), EVERY_MS)
  }

  get longestMs(): number {
    return Math.max(0, ...this.stalls.map(({ tookMs }) => tookMs))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#client.disconnect()
  }

  async #write(): Promise<void> {
    if (this.#isBusy || this.#client.status !== 'ready') return
    this.#isBusy = true
    const [at, askedAt] = [Date.now(), performance.now()]
    try {
      await this.#client.set('probe', at)
      const tookMs = performance.now() - askedAt
      if (tookMs > STALL_MS) this.stalls.push({ at, tookMs })
    } catch {
      // Redis was killed.
    }
    this.#isBusy = false
  }
}
