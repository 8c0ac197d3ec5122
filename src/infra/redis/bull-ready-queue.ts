import { type EpochMs, epochMs } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { BullJobs } from './bull-jobs.ts'
import { readyJobId } from './ready-entry-codec.ts'
import { asUnavailable, type RedisLink, unavailable } from './redis-link.ts'

/** Jobs asked for at once. */
const FETCH_MAX = 500
/** How often the queue is looked at for no reason: a lost answer leaves jobs that nobody knows of. */
const POLL_EVERY_MS = 1_000
const NEVER = epochMs(Number.POSITIVE_INFINITY)

export interface BullReadyQueueModules {
  readonly jobs: BullJobs
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * BullMQ as the durable ready queue of one swarm.
 *
 * BullMQ hands out one job a call, on request; so this queue counts what must be there, asks for that many at once,
 * and when somebody waits for work asks in the same breath in which it adds. A wrong count costs a call or, at
 * worst, the time to the next poll.
 */
export class BullReadyQueue implements ReadyQueue {
  readonly #jobs: BullJobs
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  /** Jobs that are active in BullMQ and known here, handed out or not. */
  readonly #active = new Set<string>()
  /** Settled while Redis was out of reach. */
  readonly #unsettled = new Set<string>()
  /** Active and not yet handed out, by rank. */
  #fetched: ReadyEntry[] = []
  /** Jobs believed to be ready in BullMQ. */
  #waitingCount = 0
  /** Those of them whose adding was not answered yet. */
  #addingCount = 0
  #nextDueAt: EpochMs = NEVER
  /** How many more entries the last `take` had room for. */
  #wantedCount = 0
  #opening: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #listener: () => void = () => {}
  #cancelPoll: () => void = () => {}
  #cancelDue: () => void = () => {}
  #isClosed = false

  constructor({ jobs, link, clock, logger }: BullReadyQueueModules) {
    this.#jobs = jobs
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    this.#schedulePoll()
  }

  async add(entries: readonly ReadyEntry[]): Promise<void> {
    if (entries.length === 0) return
    await this.#open()
    const now = this.#clock.now()
    const later = entries.filter(({ dueAt }) => dueAt > now)
    const dueCount = entries.length - later.length
    const adding = this.#jobs.add(entries, now)
    this.#waitingCount += dueCount
    this.#addingCount += dueCount
    // The commands share one connection, so what is asked for after this turn mostly finds what is added in it.
    if (this.#wantedCount > 0 && dueCount > 0) setImmediate(() => void this.#fetchWanted())
    try {
      await adding
    } catch (error) {
      throw asUnavailable(error)
    } finally {
      this.#addingCount -= dueCount
    }
    if (later.length > 0)
      this.#expectDue(later.reduce((next, { dueAt }) => (dueAt < next ? dueAt : next), NEVER))
    if (dueCount > 0) this.#listener()
  }

  async take(countMax: number, now: EpochMs): Promise<readonly ReadyEntry[]> {
    await this.#open()
    try {
      return await this.#inTurn(async () => {
        if (this.#nextDueAt <= now) await this.#promoteDue(now)
        await this.#fetch(countMax - this.#fetched.length)
        return this.#handOut(countMax, now)
      })
    } catch (error) {
      throw asUnavailable(error)
    }
  }

  async settle(entries: readonly Pick<ReadyEntry, 'taskId' | 'readyCount'>[]): Promise<void> {
    await this.#open()
    const ids = new Set(entries.map(readyJobId))
    // An entry may just be on its way here.
    if ([...ids].some((id) => !this.#active.has(id))) await this.#turn
    if (this.#fetched.length > 0) this.#fetched = this.#fetched.filter((entry) => !ids.has(readyJobId(entry)))
    await Promise.all([...ids].map((id) => this.#end(id)))
  }

  onReady(listener: () => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelPoll()
    this.#cancelDue()
    await this.#turn
    await this.#jobs.close()
  }

  /** Takes the queue over: what the node before held is put back. @throws SwarmError `store_unavailable` */
  #open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(unavailable('the queue is closed'))
    this.#opening ??= this.#inTurn(async () => {
      this.#link.requireRunId()
      await this.#jobs.putBackStrays((id) => this.#active.has(id))
      await this.#promoteDue(this.#clock.now())
    }).catch((error: unknown) => {
      this.#opening = undefined
      throw asUnavailable(error)
    })
    return this.#opening
  }

  /** One after another: what fetches or counts would otherwise see the other half done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }

  async #fetch(missingCount: number): Promise<void> {
    const count = Math.min(missingCount, this.#waitingCount)
    for (let left = count; left > 0; left -= FETCH_MAX) {
      const asked = Math.min(left, FETCH_MAX)
      this.#waitingCount = Math.max(0, this.#waitingCount - asked)
      const entries = await this.#jobs.next(asked)
      for (const entry of entries) this.#active.add(readyJobId(entry))
      this.#fetched.push(...entries)
      const missing = asked - entries.length
      if (missing === 0) continue
      // Either the count was wrong, or the request was faster than what it asked for.
      this.#waitingCount += Math.min(missing, this.#addingCount)
      break
    }
    if (count > 0) this.#fetched.sort((a, b) => a.rank - b.rank)
  }

  async #fetchWanted(): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#inTurn(() => this.#fetch(this.#wantedCount - this.#fetched.length))
    } catch (error) {
      this.#logger.debug({ error }, 'ready entries could not be fetched ahead')
    }
  }

  #handOut(countMax: number, now: EpochMs): readonly ReadyEntry[] {
    const isDue = ({ dueAt }: ReadyEntry): boolean => dueAt <= now
    const handed = this.#fetched.filter(isDue).slice(0, countMax)
    if (handed.length > 0) {
      const ids = new Set(handed)
      this.#fetched = this.#fetched.filter((entry) => !ids.has(entry))
    }
    // BullMQ goes by the machine's clock and may be ahead of ours.
    for (const { dueAt } of this.#fetched) if (dueAt > now) this.#expectDue(dueAt)
    this.#wantedCount = countMax - handed.length
    return handed
  }

  async #end(id: string): Promise<void> {
    try {
      if (this.#active.delete(id)) await this.#jobs.complete(id)
      else await this.#jobs.remove(id)
    } catch (error) {
      this.#logger.debug({ error, id }, 'entry will be settled later')
      this.#unsettled.add(id)
    }
  }

  async #promoteDue(now: EpochMs): Promise<void> {
    const next = await this.#jobs.promoteDue(now)
    const { waiting } = await this.#jobs.counts()
    this.#waitingCount = Math.max(this.#waitingCount, waiting)
    this.#nextDueAt = NEVER
    if (next !== undefined) this.#expectDue(next)
  }

  #expectDue(dueAt: EpochMs): void {
    if (dueAt >= this.#nextDueAt || this.#isClosed) return
    this.#nextDueAt = dueAt
    this.#cancelDue()
    this.#cancelDue = this.#clock.setTimer(Math.max(0, dueAt - this.#clock.now()), () => this.#listener())
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#clock.setTimer(POLL_EVERY_MS, () => {
      void this.#poll().then(() => this.#isClosed || this.#schedulePoll())
    })
  }

  async #poll(): Promise<void> {
    if (!this.#link.isUp) return
    try {
      await this.#open()
      for (const id of this.#unsettled) {
        await this.#jobs.remove(id)
        this.#unsettled.delete(id)
      }
      await this.#inTurn(() => this.#recount())
    } catch (error) {
      this.#logger.debug({ error }, 'ready queue could not be looked at')
    }
    if (this.#waitingCount > 0 || this.#fetched.length > 0) this.#listener()
  }

  async #recount(): Promise<void> {
    const counts = await this.#jobs.counts()
    // Jobs whose hand-over was answered to nobody.
    if (counts.active > this.#active.size) await this.#jobs.putBackStrays((id) => this.#active.has(id))
    if (counts.delayed > 0 && this.#nextDueAt === NEVER) await this.#promoteDue(this.#clock.now())
    this.#waitingCount = Math.max(counts.waiting, this.#waitingCount)
  }
}
