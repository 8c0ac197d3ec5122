import type { Redis } from 'ioredis'
import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import type { Logger } from '#domain/ports/logger.ts'

const RETRY_AFTER_MS = 1_000

/** Called at once, before anything else can use the new connection. */
export type RunListener = (runId: string) => void

/** Looks at Redis over a new connection that nothing else uses yet. Where it rejects, the connection is given up. */
export type ConnectionCheck = (runId: string) => Promise<void>

/**
 * The node's connection for commands, and which run of Redis it leads to.
 *
 * A Redis that was started again may have lost its newest writes, so what a node remembers of an earlier run is
 * void. A connection cannot outlive a run: the run's name, asked for once a connection, holds for all of it.
 */
export class RedisLink {
  readonly client: Redis
  readonly #logger: Logger
  readonly #listeners: RunListener[] = []
  readonly #checks: ConnectionCheck[] = []
  #runId: string | undefined
  #previousRunId: string | undefined
  #connection = 0

  constructor({ client }: { client: Redis }, { logger }: { logger: Logger }) {
    this.client = client
    this.#logger = logger
    client.on('error', (error: Error) => logger.debug({ error }, 'redis connection failed'))
    client.on('close', () => this.#closed())
    client.on('ready', () => void this.#identify())
    if (client.status === 'ready') void this.#identify()
  }

  /** Undefined while Redis is out of reach. */
  get runId(): string | undefined {
    return this.#runId
  }

  get isUp(): boolean {
    return this.#runId !== undefined
  }

  /** The listener hears of each new connection to Redis, to the same run or to another. */
  onConnected(listener: RunListener): void {
    this.#listeners.push(listener)
    if (this.#runId !== undefined) listener(this.#runId)
  }

  /** Adds a check of every connection made from now on, in the order of the calls. */
  beforeUse(check: ConnectionCheck): void {
    this.#checks.push(check)
  }

  /** @throws SwarmError `store_unavailable` */
  requireRunId(): string {
    if (this.#runId === undefined) throw unavailable('redis cannot be reached')
    return this.#runId
  }

  close(): void {
    this.client.disconnect()
  }

  async #identify(): Promise<void> {
    this.#connection += 1
    const connection = this.#connection
    try {
      const runId = infoField(await this.client.info('server'), 'run_id')
      if (runId === undefined) throw new Error('INFO has no run_id')
      for (const check of this.#checks) await check(runId)
      if (connection === this.#connection && this.client.status === 'ready') this.#announce(runId)
    } catch (error) {
      this.#logger.warn({ error }, 'redis connection cannot be used')
      // Without the answers nothing may use the connection; a new one asks again.
      if (connection === this.#connection && this.client.status === 'ready') this.client.disconnect(true)
    }
  }

  #announce(runId: string): void {
    const isRestarted = this.#previousRunId !== undefined && this.#previousRunId !== runId
    if (isRestarted) this.#logger.warn({ runId }, 'redis was restarted')
    this.#runId = runId
    this.#previousRunId = runId
    for (const listener of this.#listeners) listener(runId)
  }

  #closed(): void {
    if (this.#runId !== undefined) this.#logger.warn({}, 'redis connection lost')
    this.#connection += 1
    this.#runId = undefined
  }
}

/** One line of INFO's answer. */
export function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

export function unavailable(reason: string, cause?: unknown): SwarmError<'store_unavailable'> {
  const details = { reason, retryAfterMs: RETRY_AFTER_MS }
  return new SwarmError('store_unavailable', details, cause === undefined ? {} : { cause })
}

/** What a failed command means to the caller: a SwarmError as it is, everything else `store_unavailable`. */
export function asUnavailable(error: unknown): SwarmError {
  if (isSwarmError(error)) return error
  return unavailable(error instanceof Error ? error.message : String(error), error)
}
