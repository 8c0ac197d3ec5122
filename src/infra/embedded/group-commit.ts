import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#domain/ports/clock.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { reasonOfFailure } from '../system/failure-reason.ts'
import { Batch, type BatchModules } from './batch.ts'
import { putBatchNumber, readBatchNumber } from './batch-number.ts'
import { BatchRoom } from './batch-room.ts'
import { refuseFailedEnvironment } from './commit-durably.ts'
import { CommitSignal } from './commit-signal.ts'
import { DiskProbe } from './disk-probe.ts'
import { type FileReserve, ROOM_MIN } from './file-reserve.ts'
import { BatchUnderWay, type Job } from './job.ts'
import { causeOfFailure } from './lmdb-failure.ts'
import { runWaiting } from './run-waiting.ts'
import type { StoreHealth } from './store-health.ts'
import { WaitingJobs } from './waiting-jobs.ts'

export interface GroupCommitOptions {
  readonly durability: Durability
  /** Threads of libuv's pool; Node has 4 unless UV_THREADPOOL_SIZE says otherwise. */
  readonly threadPoolSize: number
}

export interface GroupCommitModules extends Omit<BatchModules, 'room'> {
  readonly clock: Clock
  readonly health: StoreHealth
  readonly reserve: FileReserve
}

const JOBS_WAITING_MAX = 50_000
/** A disk that has not confirmed a write for so long is as good as none. */
const FLUSH_OVERDUE_MS = 5_000
/**
 * One is filled while another is written. Not more: when LMDB fails, the transaction behind the failed one returns
 * without giving LMDB's lock back, and a third would keep its thread waiting for that lock, also at the end of the
 * process.
 */
const BATCHES_UNDER_WAY_MAX = 2
const SETTLE_MAX_MS = 1_000

/**
 * Commits jobs in groups: all that wait when LMDB gives the word become one child transaction, which is committed or
 * aborted as a whole, and while that one goes to the disk the next is filled. Jobs are answered in the order they ran
 * in.
 *
 * Room in the file is made before LMDB needs it: a full disk refuses jobs and leaves LMDB alone, until a trial write
 * succeeds. Where LMDB itself cannot write or flush, the store has failed for good.
 */
export class GroupCommit {
  readonly #modules: GroupCommitModules
  readonly #signal: CommitSignal
  readonly #probe: DiskProbe
  readonly #isAnsweredWhenVisible: boolean
  readonly #underWayMax: number
  /** Oldest first. */
  readonly #underWay: BatchUnderWay[] = []
  readonly #idleListeners: (() => void)[] = []
  readonly #waiting = new WaitingJobs()
  #isRequested = false
  #isExtending = false
  #commitCount = 0
  /** What the next batch has to find in the file. */
  #roomWanted = ROOM_MIN
  /** Of the newest batch that ran; undefined where only LMDB knows. */
  #lastNumber: number | undefined

  constructor({ durability, threadPoolSize }: GroupCommitOptions, modules: GroupCommitModules) {
    const { clock, health, tables } = modules
    this.#modules = modules
    this.#signal = new CommitSignal(tables.root)
    this.#probe = new DiskProbe({ clock, health, trial: () => this.#tryDisk() })
    this.#isAnsweredWhenVisible = durability === 'committed'
    // A transaction keeps a thread of the pool until it is flushed: leave one for everybody else.
    this.#underWayMax = Math.max(1, Math.min(threadPoolSize - 1, BATCHES_UNDER_WAY_MAX))
  }

  add(job: Job): void {
    const { health } = this.#modules
    if (health.trouble !== undefined) job.reject(health.unavailable())
    else if (this.#waiting.count >= JOBS_WAITING_MAX) job.reject(health.unavailable('too many steps wait'))
    else {
      this.#waiting.push(job)
      this.#request()
    }
  }

  /** Transactions that changed something, since the start. */
  get commitCount(): number {
    return this.#commitCount
  }

  /** Resolves when all that can be read now is on the disk; undefined where it is. */
  get unflushed(): Promise<void> | undefined {
    return this.#underWay.findLast(({ number }) => number !== undefined)?.flushed
  }

  /** Resolves when nothing waits and nothing is under way, or what is under way is given up. */
  async idle(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idleListeners.push(resolve))
  }

  /**
   * Resolves when no thread works for LMDB any more, after a second at the latest: of a transaction that it refuses to
   * begin LMDB never tells. A process cannot end while one of its threads waits for the event loop.
   */
  async settled(): Promise<void> {
    const settled = Promise.all(this.#underWay.map(({ done }) => done))
    await Promise.race([settled, sleep(SETTLE_MAX_MS, undefined, { ref: false })])
  }

  stop(): void {
    this.#probe.stop()
  }

  get #isIdle(): boolean {
    return this.#underWay.length === 0 && this.#waiting.count === 0 && !this.#isExtending
  }

  #request(): void {
    if (this.#isRequested || this.#isExtending || this.#modules.health.hasFailed) return
    if (this.#waiting.count === 0 || this.#underWay.length >= this.#underWayMax) return
    if (this.#modules.reserve.measure().room < this.#roomWanted) {
      // LMDB may be writing behind the end of the file: the last batch under way asks again.
      if (this.#underWay.length === 0) void this.#makeRoom()
      return
    }
    this.#isRequested = true
    const batch = new BatchUnderWay()
    this.#underWay.push(batch)
    batch.done = this.#commit(batch)
  }

  async #makeRoom(): Promise<void> {
    const { clock, health } = this.#modules
    const cancelOverdue = clock.setTimer(FLUSH_OVERDUE_MS, () => this.#giveUp())
    try {
      await this.#extend(this.#roomWanted)
      health.recover('stalled')
    } catch (error) {
      health.report('refused', reasonOfFailure(error))
      this.#rejectWaiting()
      this.#probe.start()
    }
    cancelOverdue()
    this.#request()
    if (this.#isIdle) this.#announceIdle()
  }

  async #extend(bytes: number): Promise<void> {
    this.#isExtending = true
    try {
      await this.#modules.reserve.extend(bytes)
      this.#roomWanted = ROOM_MIN
    } finally {
      this.#isExtending = false
    }
  }

  async #tryDisk(): Promise<boolean> {
    if (this.#underWay.length > 0 || this.#isExtending || this.#modules.health.hasFailed) return false
    try {
      await this.#extend(this.#roomWanted)
      return true
    } catch {
      return false
    } finally {
      if (this.#isIdle) this.#announceIdle()
    }
  }

  async #commit(batch: BatchUnderWay): Promise<void> {
    const { clock, health, tables } = this.#modules
    const cancelOverdue = clock.setTimer(FLUSH_OVERDUE_MS, () => this.#giveUp(batch))
    try {
      const committed = tables.root.childTransaction(() => this.#fill(batch))
      await Promise.all([committed, tables.root.flushed])
      // After one sync that failed the next one's success says nothing about what the first should have written.
      if (health.hasFailed) throw health.unavailable()
      refuseFailedEnvironment(tables)
      this.#answerUpTo(batch, true)
      health.recover('stalled')
    } catch (error) {
      if (!batch.isAborted) health.refuseAll()
      this.#fail(batch, await causeOfFailure(error))
    }
    cancelOverdue()
    this.#underWay.splice(this.#underWay.indexOf(batch), 1)
    this.#request()
    if (this.#isIdle) this.#announceIdle()
  }

  /** Runs inside the transaction. What it throws aborts it. */
  #fill(batch: BatchUnderWay): void {
    this.#isRequested = false
    const { health, records, tables, reserve } = this.#modules
    let number: number
    try {
      // It was asked for before the store failed, and must not be the one that passes for flushed.
      if (health.hasFailed) throw health.unavailable()
      // The previous batch may have failed without our having been told; ask LMDB.
      if (!this.#isPredecessorCommitted()) throw new Error('the transaction before was not committed')
      const staged = new Batch({ ...this.#modules, room: new BatchRoom(reserve.measure()) })
      batch.jobs = this.#runWaiting(staged)
      if (!staged.isChanged) {
        // What these jobs have read is committed, and nothing of theirs ever will be.
        if (this.#isAnsweredWhenVisible) queueMicrotask(() => this.#answerVisible(batch))
        return
      }
      staged.apply()
      number = (this.#lastNumber ?? 0) + 1
      putBatchNumber(tables, number)
    } catch (error) {
      batch.isAborted = true
      // What is in there now will never be.
      records.clear()
      throw error
    } finally {
      // What is left waits for the next transaction: asked for here, it would become a part of this one.
      queueMicrotask(() => this.#request())
    }
    records.forgetOldest()
    this.#commitCount += 1
    batch.number = number
    this.#lastNumber = number
    if (this.#isAnsweredWhenVisible) this.#signal.onceVisible(() => this.#answerVisible(batch))
  }

  #runWaiting(staged: Batch): readonly Job[] {
    const { done, shortage } = runWaiting(this.#waiting, staged)
    if (shortage !== undefined) this.#roomWanted = Math.max(this.#roomWanted, shortage.bytes)
    return done
  }

  #isPredecessorCommitted(): boolean {
    const stored = readBatchNumber(this.#modules.tables)
    this.#lastNumber ??= stored
    return this.#lastNumber === stored
  }

  #answerVisible(batch: BatchUnderWay): void {
    const { health, tables } = this.#modules
    try {
      // Whoever is answered may read at once, and must not be shown the state before.
      refuseFailedEnvironment(tables)
    } catch (error) {
      this.#failStore(reasonOfFailure(error), error)
      return
    }
    if (!health.hasFailed) this.#answerUpTo(batch, false)
  }

  /** What is true of a batch is true of those before it. */
  #answerUpTo(batch: BatchUnderWay, isFlushed: boolean): void {
    for (const each of this.#underWay) {
      each.answer(isFlushed)
      if (each === batch) return
    }
  }

  /** The outcome may come yet, but nobody waits for it any longer. */
  #giveUp(batch?: BatchUnderWay): void {
    const { health } = this.#modules
    health.report('stalled', `the disk has not confirmed a write for ${FLUSH_OVERDUE_MS} ms`)
    batch?.reject(health.unavailable())
    this.#rejectWaiting()
    this.#announceIdle()
  }

  #fail(batch: BatchUnderWay, cause: Error): void {
    const reason = reasonOfFailure(cause)
    if (!batch.isAborted) {
      this.#failStore(reason, cause)
      return
    }
    const { health, records } = this.#modules
    records.clear()
    this.#lastNumber = undefined
    health.report('refused', reason)
    batch.reject(health.unavailable(reason, cause))
    this.#rejectWaiting()
    this.#probe.start()
  }

  /** LMDB gives no snapshot any more. @returns the error for whoever asked for one */
  environmentFailed(cause: unknown): Error {
    this.#failStore(reasonOfFailure(cause), cause)
    return this.#modules.health.unavailable()
  }

  /** Nobody knows what is kept of what is under way, and LMDB may never answer for it. */
  #failStore(reason: string, cause: unknown): void {
    const { health, records } = this.#modules
    records.clear()
    health.report('failed', reason)
    for (const batch of this.#underWay) batch.reject(health.unavailable(reason, cause))
    this.#rejectWaiting()
    this.#announceIdle()
  }

  #announceIdle(): void {
    for (const listener of this.#idleListeners.splice(0)) listener()
  }

  #rejectWaiting(): void {
    this.#waiting.rejectAll(() => this.#modules.health.unavailable())
  }
}
