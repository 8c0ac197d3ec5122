import type { Redis } from 'ioredis'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'

const PING_EVERY_MS = 500

export interface SubscriberWatchModules {
  /** With a `socketTimeout`, which closes the connection when a ping stays unanswered. */
  readonly subscriber: Redis
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Keeps the connection that only listens honest.
 *
 * Silence is normal there, so a connection that carries nothing any more looks like one with no news. A ping is
 * answered on a sound connection; an unanswered one closes it, with all that was held back on the way.
 */
export class SubscriberWatch {
  readonly #subscriber: Redis
  readonly #clock: Clock
  readonly #logger: Logger
  #wasReady: boolean
  #cancelPing: () => void = () => {}
  #isStopped = false

  /** @param onResumed called when the connection is there again after a loss, before it subscribes */
  constructor({ subscriber, clock, logger }: SubscriberWatchModules, onResumed: () => void) {
    this.#subscriber = subscriber
    this.#clock = clock
    this.#logger = logger
    this.#wasReady = subscriber.status === 'ready'
    subscriber.on('ready', () => {
      if (this.#wasReady) onResumed()
      this.#wasReady = true
    })
    subscriber.on('close', () => {
      if (!this.#isStopped && this.#wasReady) logger.warn({}, 'redis connection for messages lost')
    })
    this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelPing()
  }

  #schedule(): void {
    this.#cancelPing = this.#clock.setTimer(PING_EVERY_MS, () => {
      this.#ping()
      this.#schedule()
    })
  }

  #ping(): void {
    if (this.#subscriber.status !== 'ready') return
    this.#subscriber.ping().catch((error: unknown) => {
      this.#logger.debug({ error }, 'ping on the connection for messages failed')
    })
  }
}
