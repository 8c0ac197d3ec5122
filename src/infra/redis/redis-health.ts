import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Durability, StoreStatus } from '#domain/ports/swarm-store.ts'
import { infoField, type RedisLink } from './redis-link.ts'

const POLL_EVERY_MS = 1_000

/** The settings of Redis that decide what an answered write survives. */
interface Settings {
  readonly isAppendOnly: boolean
  readonly appendfsync: string
  readonly maxmemoryPolicy: string
  /** Why Redis refuses writes, where it does. */
  readonly obstacle: string | undefined
}

/**
 * Whether Redis takes writes now, and what it does with them.
 *
 * Asked for every second and when the connection comes and goes, so that it is never wrong for 3 s.
 */
export class RedisHealth {
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  #settings: Settings | undefined
  #failure: string | undefined = 'redis has not been reached yet'
  #cancelPoll: () => void = () => {}
  #isStopped = false

  constructor({ link, clock, logger }: { link: RedisLink; clock: Clock; logger: Logger }) {
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    link.onConnected(() => void this.check())
    this.#schedule()
  }

  get status(): StoreStatus {
    const durability = durabilityOf(this.#settings)
    const reason = this.#link.isUp ? this.#failure : 'redis cannot be reached'
    return reason === undefined ? { isWritable: true, durability } : { isWritable: false, reason, durability }
  }

  /**
   * @throws Error when Redis is set up to keep less than `required`, or to evict what it was given
   * @throws SwarmError `store_unavailable`
   */
  async requireDurability(required: Durability): Promise<void> {
    this.#link.requireRunId()
    await this.check()
    const settings = this.#settings
    if (settings === undefined) throw new Error(this.#failure ?? 'the settings of redis are not known')
    const isEnough = required === 'synced' ? durabilityOf(settings) === 'synced' : settings.isAppendOnly
    if (isEnough && settings.maxmemoryPolicy === 'noeviction') return
    throw new Error(
      `redis gives less than the durability "${required}": it needs appendonly yes, ` +
        `${required === 'synced' ? 'appendfsync always, ' : ''}maxmemory-policy noeviction; it has ` +
        `appendonly ${settings.isAppendOnly ? 'yes' : 'no'}, appendfsync ${settings.appendfsync}, ` +
        `maxmemory-policy ${settings.maxmemoryPolicy}`,
    )
  }

  /** Asks now; never rejects. */
  async check(): Promise<void> {
    try {
      const settings = await this.#ask()
      if (!isSame(settings, this.#settings)) this.#report(settings)
      this.#settings = settings
      this.#failure = settings.obstacle
    } catch (error) {
      this.#failure = `redis does not answer: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelPoll()
  }

  async #ask(): Promise<Settings> {
    const { client } = this.#link
    const [persistence, memory, appendfsync, maxmemoryPolicy] = await Promise.all([
      client.info('persistence'),
      client.info('memory'),
      client.config('GET', 'appendfsync'),
      client.config('GET', 'maxmemory-policy'),
    ])
    return {
      isAppendOnly: infoField(persistence, 'aof_enabled') === '1',
      appendfsync: settingValue(appendfsync),
      maxmemoryPolicy: settingValue(maxmemoryPolicy),
      obstacle: obstacleIn(persistence, memory),
    }
  }

  #report(settings: Settings): void {
    if (!settings.isAppendOnly || settings.maxmemoryPolicy !== 'noeviction') {
      this.#logger.warn(settings, 'redis may lose what it was given')
    } else {
      this.#logger.info({ ...settings, durability: durabilityOf(settings) }, 'redis durability')
    }
  }

  #schedule(): void {
    this.#cancelPoll = this.#clock.setTimer(POLL_EVERY_MS, () => {
      const polled = this.#link.isUp ? this.check() : Promise.resolve()
      void polled.then(() => this.#isStopped || this.#schedule())
    })
  }
}

/** `synced` only where Redis syncs its file before it answers. */
function durabilityOf(settings: Settings | undefined): Durability {
  return settings?.isAppendOnly === true && settings.appendfsync === 'always' ? 'synced' : 'committed'
}

function obstacleIn(persistence: string, memory: string): string | undefined {
  if (infoField(persistence, 'aof_last_write_status') === 'err')
    return 'redis cannot write its append-only file'
  const maxmemory = Number(infoField(memory, 'maxmemory'))
  const isFull = maxmemory > 0 && Number(infoField(memory, 'used_memory')) >= maxmemory
  return isFull ? 'redis has no memory left' : undefined
}

/** CONFIG GET answers name, value. */
function settingValue(answer: unknown): string {
  return Array.isArray(answer) ? String(answer[1]) : ''
}

function isSame(a: Settings, b: Settings | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
