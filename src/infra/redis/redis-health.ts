import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Durability, StoreStatus } from '#domain/ports/swarm-store.ts'
import { StoreRefusedError } from '../store-refused-error.ts'
import { durabilityOf, type RedisSettings, readSettings, shortfallOf } from './redis-durability.ts'
import { infoField, type RedisLink, unavailable } from './redis-link.ts'

const POLL_EVERY_MS = 1_000

export interface RedisHealthModules {
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Whether Redis takes writes now, and what it does with them.
 *
 * The settings are read before a new connection is used, and every second after that: a person can change them while
 * Redis runs. Where they give less than what is required, no write is taken until they give it again.
 */
export class RedisHealth {
  readonly #required: Durability
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  #settings: RedisSettings | undefined
  /** Why the settings are not enough, where they are not. */
  #shortfall: string | undefined
  /** Why Redis itself takes no writes, where it does not. */
  #failure: string | undefined = 'redis has not been reached yet'
  #cancelPoll: () => void = () => {}
  #isStopped = false

  /** @param required `none`: any settings will do, and every answer says `none` */
  constructor(required: Durability, { link, clock, logger }: RedisHealthModules) {
    this.#required = required
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    link.beforeUse(() => this.check())
    this.#schedule()
  }

  get status(): StoreStatus {
    const durability = this.#durability
    const reason = this.#link.isUp ? (this.#shortfall ?? this.#failure) : 'redis cannot be reached'
    return reason === undefined ? { isWritable: true, durability } : { isWritable: false, reason, durability }
  }

  /** @throws StoreRefusedError when Redis is set up to keep less than what is required */
  requireDurability(): void {
    if (this.#shortfall === undefined) return
    const hint = 'AMOS_DURABILITY=none accepts the loss of tasks'
    throw new StoreRefusedError(
      this.#required === 'committed' ? `${this.#shortfall}; ${hint}` : this.#shortfall,
    )
  }

  /** @throws SwarmError `store_unavailable` while Redis keeps less than what is required */
  requireSafe(): void {
    if (this.#shortfall !== undefined) throw unavailable(this.#shortfall)
  }

  /** Asks now; never rejects. */
  async check(): Promise<void> {
    try {
      const { settings, obstacle } = await this.#ask()
      const isNews = JSON.stringify(settings) !== JSON.stringify(this.#settings)
      this.#settings = settings
      this.#failure = obstacle
      this.#shortfall = shortfallOf(settings, this.#required)
      if (isNews) this.#report(settings)
    } catch (error) {
      this.#failure = `redis does not answer: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelPoll()
  }

  get #durability(): Durability {
    if (this.#required === 'none' || this.#settings === undefined) return 'none'
    return durabilityOf(this.#settings)
  }

  async #ask(): Promise<{ settings: RedisSettings; obstacle: string | undefined }> {
    const { client } = this.#link
    const [persistence, memory, replication, appendfsync, noAppendfsyncOnRewrite] = await Promise.all([
      client.info('persistence'),
      client.info('memory'),
      client.info('replication'),
      this.#setting('appendfsync'),
      this.#setting('no-appendfsync-on-rewrite'),
    ])
    const answers = { persistence, memory, replication, appendfsync, noAppendfsyncOnRewrite }
    return {
      settings: readSettings(answers, this.#settings),
      obstacle: obstacleIn(persistence, memory, replication),
    }
  }

  /** CONFIG GET answers name, value. Undefined where Redis forbids the command, as some hosting services do. */
  async #setting(name: string): Promise<string | undefined> {
    try {
      const answer: unknown = await this.#link.client.config('GET', name)
      return Array.isArray(answer) && answer.length > 1 ? String(answer[1]) : undefined
    } catch (error) {
      const isForbidden = error instanceof Error && /^(?:ERR|NOPERM)\b/.test(error.message)
      if (isForbidden) return undefined
      throw error
    }
  }

  #report(settings: RedisSettings): void {
    const fields = { ...settings, durability: this.#durability }
    if (this.#shortfall !== undefined) {
      this.#logger.error({ ...fields, reason: this.#shortfall }, 'redis gives too little durability')
    } else if (fields.durability === 'none') {
      this.#logger.warn(fields, 'redis may lose what it was given')
    } else {
      this.#logger.info(fields, 'redis durability')
    }
  }

  #schedule(): void {
    this.#cancelPoll = this.#clock.setTimer(POLL_EVERY_MS, () => {
      const polled = this.#link.isUp ? this.check() : Promise.resolve()
      void polled.then(() => this.#isStopped || this.#schedule())
    })
  }
}

function obstacleIn(persistence: string, memory: string, replication: string): string | undefined {
  if (infoField(replication, 'role') === 'slave') return 'redis is a replica of another redis'
  if (infoField(persistence, 'aof_last_write_status') === 'err')
    return 'redis cannot write its append-only file'
  const maxmemory = Number(infoField(memory, 'maxmemory'))
  const isFull = maxmemory > 0 && Number(infoField(memory, 'used_memory')) >= maxmemory
  return isFull ? 'redis has no memory left' : undefined
}
