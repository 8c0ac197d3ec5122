import { setMaxListeners } from 'node:events'
import type { TaskAccepted } from '#contract/index.ts'
import { SwarmApiError, SwarmClient } from '#sdk/index.ts'

export interface SubmitLoadOptions {
  /** Of all nodes; several clients, each of which begins with another one. */
  readonly urls: readonly string[]
  readonly perSecond: number
  /** Carried by each task, besides what it always carries; none by default. */
  readonly fillerBytes?: number
}

/** A submit that was answered 2xx: from then on the swarm owes the task an end. */
export interface AcceptedTask {
  readonly taskId: string
  readonly durability: TaskAccepted['durability']
  /** Milliseconds since the epoch. */
  readonly answeredAt: number
}

export interface RefusedSubmit {
  readonly key: string
  readonly code: string
}

/** No submit is given up before. */
const RETRY_FOR_MS = 90_000
/** Of one try: a node that is frozen answers nothing, and another one may. */
const TRY_TIMEOUT_MS = 5_000
const TICK_MS = 5
/** The pace is kept until so many wait for their answer: on a machine that cannot keep up the rest would take for ever. */
const UNANSWERED_MAX = 200

/**
 * Submits at a steady pace, however slow the answers are, each under an Idempotency-Key and again and again until it
 * is answered, and remembers every answer.
 */
export class SubmitLoad {
  readonly accepted: AcceptedTask[] = []
  /** Given up, or refused for good. */
  readonly refused: RefusedSubmit[] = []
  /** 503 without a Retry-After, one line each. */
  readonly violations: string[] = []
  readonly #options: SubmitLoadOptions
  readonly #clients: readonly SwarmClient[]
  readonly #underWay = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #startedAt = 0
  #submitted = 0
  #skipped = 0
  readonly #triedKeys = new Set<string>()
  #retries = 0

  constructor(options: SubmitLoadOptions) {
    this.#options = options
    // Every submit under way listens.
    setMaxListeners(0, this.#closing.signal)
    this.#clients = options.urls.map((_, index) => {
      const urls = [...options.urls.slice(index), ...options.urls.slice(0, index)]
      return new SwarmClient({
        url: urls,
        retryForMs: RETRY_FOR_MS,
        timeoutMs: TRY_TIMEOUT_MS,
        fetch: this.#countingFetch,
      })
    })
  }

  /** Tasks asked for so far. */
  get submitted(): number {
    return this.#submitted
  }

  /** Tries beyond the first one of each. */
  get retries(): number {
    return this.#retries
  }

  start(): this {
    this.#startedAt = performance.now()
    this.#timer = setInterval(() => this.#catchUp(), TICK_MS)
    return this
  }

  /** Submits nothing new; resolves when all that is under way is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  /** Gives up what is not answered. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.stop()
  }

  #catchUp(): void {
    const due = Math.floor(((performance.now() - this.#startedAt) * this.#options.perSecond) / 1_000)
    while (this.#submitted + this.#skipped < due) {
      if (this.#underWay.size >= UNANSWERED_MAX) {
        this.#skipped += 1
        continue
      }
      const submit = this.#submit(this.#submitted++)
      this.#underWay.add(submit)
      void submit.finally(() => this.#underWay.delete(submit))
    }
  }

  async #submit(index: number): Promise<void> {
    const key = `load-${index}`
    const client = this.#clients[index % this.#clients.length]!
    try {
      const filler = 'x'.repeat(this.#options.fillerBytes ?? 0)
      const task = { type: 'chaos', payload: { index, filler }, metadata: { key } }
      const { taskId, durability } = await client.submit(task, {
        idempotencyKey: key,
        signal: this.#closing.signal,
      })
      this.accepted.push({ taskId, durability, answeredAt: Date.now() })
    } catch (error) {
      this.refused.push({ key, code: error instanceof SwarmApiError ? error.code : String(error) })
    }
  }

  readonly #countingFetch: typeof fetch = async (input, init) => {
    this.#countTry(new Headers(init?.headers).get('idempotency-key') ?? '')
    const response = await fetch(input, init)
    if (response.status === 503 && response.headers.get('retry-after') === null)
      this.violations.push(`a 503 without Retry-After from ${response.url}`)
    return response
  }

  #countTry(key: string): void {
    if (this.#triedKeys.has(key)) this.#retries += 1
    this.#triedKeys.add(key)
  }
}
