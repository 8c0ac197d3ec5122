import type { Scope } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { BullReadyQueue } from './bull-ready-queue.ts'
import { decodeReadyEntry, readyJobId } from './ready-entry-codec.ts'
import { outboxKey } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'

const ENTRIES_AT_ONCE_MAX = 500
/** Beyond it the entries are read back from Redis, which has them anyway. */
const REMEMBERED_MAX = 20_000
const LOOK_AGAIN_MS = 1_000

export interface RedisOutboxModules {
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Carries what steps left in one scope's outbox into its ready queue: at least once, also after a death in between.
 *
 * An entry leaves the outbox after the queue has it, and by its own name, so that two nodes that both believe they
 * coordinate cannot lose one another's entries.
 */
export class RedisOutbox {
  readonly #scope: Scope
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #queue: Pick<BullReadyQueue, 'add' | 'offer'>
  #remembered: ReadyEntry[] = []
  /** Whether Redis may hold entries that are not remembered here. */
  #mustLook = true
  #isPumping = false
  #isStopped = false
  #cancelTimer: () => void = () => {}

  constructor(
    scope: Scope,
    queue: Pick<BullReadyQueue, 'add' | 'offer'>,
    { link, clock, logger }: RedisOutboxModules,
  ) {
    this.#scope = scope
    this.#queue = queue
    this.#link = link
    this.#clock = clock
    this.#logger = logger
  }

  /** Whether entries may be here that the queue has not been given yet. */
  get hasEntries(): boolean {
    return this.#mustLook || this.#isPumping || this.#remembered.length > 0
  }

  /** Delivers what is there, then what comes. */
  start(): void {
    this.#pump()
    this.#schedule()
  }

  /** @param entries committed just now; `undefined` when there may be some */
  committed(entries: readonly ReadyEntry[] | undefined): void {
    if (entries === undefined) this.#mustLook = true
    else this.#carry(this.#queue.offer(entries))
    this.#pump()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.setTimer(LOOK_AGAIN_MS, () => {
      void this.#lookAgain().then(() => this.#isStopped || this.#schedule())
    })
  }

  /** A step whose outcome never became known may have left entries, and so may a removal that failed. */
  async #lookAgain(): Promise<void> {
    if (!this.#link.isUp || this.#isPumping) return
    const count = await this.#link.client.hlen(outboxKey(this.#scope)).catch(() => 0)
    if (count > 0) this.#mustLook = true
    this.#pump()
  }

  /** What the queue keeps in memory leaves the outbox with the step that assigns it, or with the next look. */
  #carry(entries: readonly ReadyEntry[]): void {
    if (this.#remembered.length + entries.length > REMEMBERED_MAX) this.#mustLook = true
    else this.#remembered.push(...entries)
  }

  #pump(): void {
    if (this.#isPumping || this.#isStopped || !this.#link.isUp) return
    if (!this.#mustLook && this.#remembered.length === 0) return
    this.#isPumping = true
    void this.#work()
  }

  async #work(): Promise<void> {
    try {
      while ((this.#mustLook || this.#remembered.length > 0) && !this.#isStopped) {
        if (this.#mustLook) await this.#deliverStored()
        else await this.#hand(this.#remembered.splice(0, ENTRIES_AT_ONCE_MAX))
      }
    } catch (error) {
      this.#mustLook = true
      this.#logger.warn({ error, scope: this.#scope }, 'outbox delivery failed and will be repeated')
    }
    // In the same turn in which the last look found nothing, or what is committed in between would lie about.
    this.#isPumping = false
  }

  async #deliverStored(): Promise<void> {
    this.#mustLook = false
    // All of these are stored.
    this.#remembered = []
    let cursor = '0'
    do {
      const [next, fields] = await this.#link.client.hscan(
        outboxKey(this.#scope),
        cursor,
        'COUNT',
        ENTRIES_AT_ONCE_MAX,
      )
      const entries = fields.filter((_, index) => index % 2 === 1).map(decodeReadyEntry)
      if (entries.length > 0) await this.#hand(entries.toSorted((a, b) => a.rank - b.rank))
      cursor = next
    } while (cursor !== '0')
  }

  async #hand(entries: readonly ReadyEntry[]): Promise<void> {
    await this.#queue.add(entries)
    await this.#link.client.hdel(outboxKey(this.#scope), ...entries.map(readyJobId))
  }
}
