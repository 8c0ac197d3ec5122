import { type EpochMs, epochMs, type SwarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { BullJobs, WaitingJobs } from './bull-jobs.ts'
import { EntriesAtHand } from './entries-at-hand.ts'
import { readyJobId } from './ready-entry-codec.ts'
import { asUnavailable, type RedisLink, unavailable } from './redis-link.ts'

/** Jobs fetched at once. */
const FETCH_MAX = 500
/** How often the queue is looked at without a reason: an answer that was lost is not missed for longer. */
const POLL_EVERY_MS = 1_000
const NEVER = epochMs(Number.POSITIVE_INFINITY)

export interface BullReadyQueueModules {
  readonly jobs: BullJobs
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * BullMQ as the durable ready queue of one coordinatorship.
 *
 * An entry is either in BullMQ or here: at hand, or taken and not settled. What is here is in no list of Redis, as
 * the tasks' records say it too; the next coordinatorship restores it from them. So what starts at once never becomes a
 * job, and what waits because nobody can run it costs nothing when the node dies.
 */
export class BullReadyQueue implements ReadyQueue {
  readonly #epoch: SwarmEpoch
  readonly #jobs: BullJobs
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #atHand = new EntriesAtHand()
  /** Ids of what is at hand, or taken and not settled. */
  readonly #kept = new Set<string>()
  /** Ids of jobs whose entries are here, and which have to be removed from BullMQ. */
  readonly #fetched = new Set<string>()
  /** Ids of BullMQ's jobs, while the coordinator restores what waits. */
  #found: Set<string> | undefined
  /** Jobs believed to be ready in BullMQ. */
  #readyCount = 0
  #nextDueAt: EpochMs = NEVER
  /** How many more entries the last `take` had room for. */
  #wantedCount = 0
  #opening: Promise<void> | undefined
  #fetching: Promise<void> | undefined
  #removing: Promise<void> | undefined
  #listener: () => void = () => {}
  #cancelPoll: () => void = () => {}
  #cancelDue: () => void = () => {}
  #isOpen = false
  #isClosed = false

  constructor(epoch: SwarmEpoch, { jobs, link, clock, logger }: BullReadyQueueModules) {
    this.#epoch = epoch
    this.#jobs = jobs
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    this.#schedulePoll()
  }

  async restore(entries: readonly ReadyEntry[]): Promise<void> {
    await this.#open()
    const now = this.#clock.now()
    const missing = entries.filter((entry) => !this.#knows(readyJobId(entry)))
    const later = missing.filter((entry) => isLater(entry, now))
    for (const entry of missing) if (!isLater(entry, now)) this.#keep(entry)
    await this.#addJobs(later, now)
  }

  async add(entries: readonly ReadyEntry[]): Promise<void> {
    await this.#open()
    const missing = entries.filter((entry) => !this.#knows(readyJobId(entry)))
    await this.#addJobs(this.#keepWanted(missing), this.#clock.now())
  }

  /**
   * Keeps committed entries here, for whoever waits for work. Only where nothing else is ready: what waits longer goes
   * first.
   *
   * @returns those that are to be added instead
   */
  offer(entries: readonly ReadyEntry[]): readonly ReadyEntry[] {
    return this.#keepWanted(entries)
  }

  async take(countMax: number, room: number = countMax): Promise<readonly ReadyEntry[]> {
    await this.#open()
    this.#found = undefined
    try {
      // Who finds nothing here may wait for one answer; what is here waits for nothing.
      if (this.#atHand.size === 0 && this.#readyCount > 0) await this.#fetch(countMax)
    } catch (error) {
      throw asUnavailable(error)
    }
    const handed = this.#atHand.take(countMax)
    this.#wantedCount = Math.max(countMax, room) - handed.length
    this.#fetchWanted()
    return handed
  }

  get hasReady(): boolean {
    return (
      !this.#isOpen || this.#atHand.size > 0 || this.#readyCount > 0 || this.#nextDueAt <= this.#clock.now()
    )
  }

  async settle(entries: readonly Pick<ReadyEntry, 'taskId' | 'readyCount'>[]): Promise<void> {
    const elsewhere: string[] = []
    for (const id of new Set(entries.map(readyJobId))) {
      if (this.#kept.delete(id)) this.#atHand.delete(id)
      else elsewhere.push(id)
    }
    if (elsewhere.length === 0) return
    await this.#open()
    await this.#remove(elsewhere)
  }

  onReady(listener: () => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelPoll()
    this.#cancelDue()
    await Promise.allSettled([this.#opening, this.#fetching, this.#removing])
    await this.#jobs.close()
  }

  /** Learns what BullMQ has. @throws SwarmError `store_unavailable` */
  #open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(unavailable('the queue is closed'))
    this.#opening ??= this.#look().catch((error: unknown) => {
      this.#opening = undefined
      throw asUnavailable(error)
    })
    return this.#opening
  }

  async #look(): Promise<void> {
    this.#link.requireRunId()
    await this.#jobs.reclaimActive()
    this.#found = await this.#jobs.ids()
    this.#learn(await this.#jobs.peek(0))
    this.#isOpen = true
  }

  #knows(id: string): boolean {
    return this.#kept.has(id) || this.#found?.has(id) === true
  }

  /** Keeps as many entries here as somebody waits for. @returns the others */
  #keepWanted(entries: readonly ReadyEntry[]): readonly ReadyEntry[] {
    let room = this.#readyCount > 0 || !this.#isOpen ? 0 : this.#wantedCount - this.#atHand.size
    if (room <= 0) return entries
    const now = this.#clock.now()
    const others: ReadyEntry[] = []
    for (const entry of entries.toSorted((a, b) => a.rank - b.rank)) {
      if (room <= 0 || isLater(entry, now)) {
        others.push(entry)
      } else if (!this.#knows(readyJobId(entry))) {
        this.#keep(entry)
        room -= 1
      }
    }
    if (others.length < entries.length) this.#listener()
    return others
  }

  #keep(entry: ReadyEntry): void {
    this.#kept.add(readyJobId(entry))
    this.#atHand.add(entry)
  }

  async #addJobs(entries: readonly ReadyEntry[], now: EpochMs): Promise<void> {
    if (entries.length === 0) return
    try {
      await this.#jobs.add(entries, now)
    } catch (error) {
      throw asUnavailable(error)
    }
    for (const entry of entries) {
      this.#found?.add(readyJobId(entry))
      if (isLater(entry, now)) this.#expectDue(entry.dueAt)
      else this.#readyCount += 1
    }
    if (this.#readyCount > 0) this.#listener()
  }

  /** Fetches ahead what the last `take` had room for. */
  #fetchWanted(): void {
    const missing = this.#wantedCount - this.#atHand.size
    if (missing <= 0 || this.#readyCount === 0 || this.#isClosed) return
    this.#fetch(missing).then(
      () => this.#listener(),
      (error: unknown) => this.#logger.debug({ error }, 'ready entries could not be fetched'),
    )
  }

  /** One at a time, and whoever comes meanwhile waits for the same. */
  #fetch(countMax: number): Promise<void> {
    this.#fetching ??= this.#fetchJobs(Math.min(countMax, FETCH_MAX)).finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetchJobs(countMax: number): Promise<void> {
    for (let isFound = false; !isFound && this.#readyCount > 0; ) {
      // First, or the same jobs would be read once more.
      await this.#removeFetched()
      const waiting = await this.#jobs.peek(countMax)
      if (this.#isClosed) return
      const fresh = waiting.entries.filter((entry) => !this.#kept.has(readyJobId(entry)))
      for (const entry of fresh) this.#keep(entry)
      for (const id of waiting.ids) this.#fetched.add(id)
      this.#learn(waiting)
      this.#readyCount -= waiting.ids.length
      isFound = fresh.length > 0
    }
    // The entries are here; nothing has to wait until BullMQ has forgotten them.
    this.#removeFetched().catch((error: unknown) => {
      this.#logger.debug({ error }, 'fetched jobs will be removed later')
    })
  }

  #removeFetched(): Promise<void> {
    this.#removing ??= this.#remove([...this.#fetched]).finally(() => {
      this.#removing = undefined
    })
    return this.#removing
  }

  /** @throws SwarmError `store_unavailable` */
  async #remove(ids: readonly string[]): Promise<void> {
    try {
      // Where a later coordinatorship has begun, the jobs are its own.
      if (!(await this.#jobs.remove(ids, this.#epoch))) this.#isClosed = true
    } catch (error) {
      throw asUnavailable(error)
    }
    for (const id of ids) this.#fetched.delete(id)
  }

  #learn({ readyCount, nextDueAt }: WaitingJobs): void {
    this.#readyCount = readyCount
    if (nextDueAt !== undefined) this.#expectDue(nextDueAt)
  }

  #expectDue(dueAt: EpochMs): void {
    if (dueAt >= this.#nextDueAt || this.#isClosed) return
    this.#nextDueAt = dueAt
    this.#cancelDue()
    this.#cancelDue = this.#clock.setTimer(Math.max(0, dueAt - this.#clock.now()), () => void this.#poll())
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#clock.setTimer(POLL_EVERY_MS, () => {
      void this.#poll().then(() => this.#isClosed || this.#schedulePoll())
    })
  }

  /** Promotes what is due, and looks at what is there. */
  async #poll(): Promise<void> {
    if (!this.#link.isUp || this.#isClosed) return
    try {
      await this.#open()
      const now = this.#clock.now()
      if (this.#nextDueAt <= now) {
        await this.#jobs.promoteDue(now)
        this.#nextDueAt = NEVER
      }
      await this.#removeFetched()
      this.#learn(await this.#jobs.peek(0))
    } catch (error) {
      this.#logger.debug({ error }, 'ready queue could not be looked at')
    }
    if (this.#readyCount > 0 || this.#atHand.size > 0) this.#listener()
  }
}

function isLater(entry: ReadyEntry, now: EpochMs): entry is ReadyEntry & { readonly dueAt: EpochMs } {
  return entry.dueAt !== undefined && entry.dueAt > now
}
