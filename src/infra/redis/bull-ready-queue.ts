import { type EpochMs, epochMs } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { BullJobs, JobCounts } from './bull-jobs.ts'
import { EntriesAhead } from './entries-ahead.ts'
import { FetchedEntries } from './fetched-entries.ts'
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
  readonly #ahead = new EntriesAhead()
  /** Jobs found at the start, which need no adding when the coordinator does so once more. */
  #found = new Set<string>()
  /** Settled while Redis was out of reach. */
  readonly #unsettled = new Set<string>()
  readonly #fetched = new FetchedEntries()
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
  #isOpen = false
  #isClosed = false

  constructor({ jobs, link, clock, logger }: BullReadyQueueModules) {
    this.#jobs = jobs
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    this.#schedulePoll()
  }

  async add(entries: readonly ReadyEntry[]): Promise<void> {
    await this.#open()
    const missing = entries.filter((entry) => {
      const id = readyJobId(entry)
      return !this.#ahead.isEnded(id) && !this.#found.delete(id)
    })
    if (missing.length === 0) return
    this.offer(missing)
    const now = this.#clock.now()
    const later = missing.filter(({ dueAt }) => dueAt > now)
    const newCount = missing.filter((entry) => entry.dueAt <= now && !this.#isKnown(entry)).length
    const ids = missing.map(readyJobId)
    const adding = this.#jobs.add(missing, now)
    this.#ahead.beginAdding(ids, adding)
    this.#waitingCount += newCount
    this.#addingCount += newCount
    // The commands share one connection, so what is asked for after this turn mostly finds what is added in it.
    if (this.#wantedCount > 0 && newCount > 0) setImmediate(() => void this.#fetchWanted())
    try {
      await adding
    } catch (error) {
      this.#ahead.addingFailed(ids)
      throw asUnavailable(error)
    } finally {
      this.#addingCount -= newCount
    }
    for (const { dueAt } of later) this.#expectDue(dueAt)
    if (newCount > 0) this.#listener()
  }

  /**
   * Hands committed entries, which `add` will follow for, to whoever waits for work. Only where nothing else is
   * ready: what waits longer goes first.
   */
  offer(entries: readonly ReadyEntry[]): void {
    let room = this.#waitingCount > 0 || !this.#isOpen ? 0 : this.#wantedCount - this.#fetched.size
    if (room <= 0) return
    const now = this.#clock.now()
    const offered: ReadyEntry[] = []
    for (const entry of entries.toSorted((a, b) => a.rank - b.rank)) {
      if (room <= 0) break
      if (entry.dueAt > now || this.#isKnown(entry)) continue
      this.#ahead.handedOut(readyJobId(entry))
      offered.push(entry)
      room -= 1
    }
    this.#fetched.add(offered)
    if (offered.length > 0) this.#listener()
  }

  async take(countMax: number, now: EpochMs): Promise<readonly ReadyEntry[]> {
    await this.#open()
    try {
      return await this.#inTurn(async () => {
        if (this.#nextDueAt <= now) await this.#promoteDue(now)
        await this.#fetch(countMax - this.#fetched.size)
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
    if ([...ids].some((id) => !this.#active.has(id) && !this.#ahead.has(id))) await this.#turn
    for (const id of ids) this.#fetched.delete(id)
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
      this.#found = await this.#jobs.ids()
      this.#isOpen = true
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
    let missing = missingCount
    while (missing > 0 && this.#waitingCount > 0) {
      const asked = Math.min(missing, this.#waitingCount, FETCH_MAX)
      this.#waitingCount -= asked
      const entries = await this.#jobs.next(asked)
      for (const entry of entries) this.#active.add(readyJobId(entry))
      // What was handed out ahead of its job is not handed out again, and was not counted either.
      const fresh = entries.filter((entry) => !this.#ahead.forget(readyJobId(entry)))
      this.#waitingCount += entries.length - fresh.length
      this.#fetched.add(fresh)
      missing -= fresh.length
      if (entries.length === asked) continue
      // Either the count was wrong, or the request was faster than what it asked for.
      this.#waitingCount += Math.min(asked - entries.length, this.#addingCount)
      break
    }
  }

  async #fetchWanted(): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#inTurn(() => this.#fetch(this.#wantedCount - this.#fetched.size))
    } catch (error) {
      this.#logger.debug({ error }, 'ready entries could not be fetched ahead')
    }
  }

  #handOut(countMax: number, now: EpochMs): readonly ReadyEntry[] {
    const handed = this.#fetched.take(countMax, now)
    // BullMQ goes by the machine's clock and may be ahead of ours.
    for (const dueAt of this.#fetched.dueAfter(now)) this.#expectDue(dueAt)
    this.#wantedCount = countMax - handed.length
    return handed
  }

  async #end(id: string): Promise<void> {
    try {
      const isInBull = this.#ahead.has(id) ? await this.#ahead.end(id) : true
      if (this.#active.delete(id)) await this.#jobs.complete(id)
      else if (isInBull) await this.#jobs.remove(id)
    } catch (error) {
      this.#logger.debug({ error, id }, 'entry will be settled later')
      this.#unsettled.add(id)
    }
  }

  async #promoteDue(now: EpochMs): Promise<void> {
    const next = await this.#jobs.promoteDue(now)
    this.#countWaiting(await this.#jobs.counts())
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
    if (this.#waitingCount > 0 || this.#fetched.size > 0) this.#listener()
  }

  async #recount(): Promise<void> {
    const counts = await this.#jobs.counts()
    // Jobs whose hand-over was answered to nobody.
    if (counts.active > this.#active.size) await this.#jobs.putBackStrays((id) => this.#active.has(id))
    if (counts.delayed > 0 && this.#nextDueAt === NEVER) await this.#promoteDue(this.#clock.now())
    this.#countWaiting(counts)
  }

  #countWaiting({ waiting }: JobCounts): void {
    this.#waitingCount = Math.max(this.#waitingCount, waiting - this.#ahead.addedCount)
  }

  /** Handed out already, or about to be. */
  #isKnown(entry: ReadyEntry): boolean {
    const id = readyJobId(entry)
    return this.#active.has(id) || this.#ahead.has(id)
  }
}
