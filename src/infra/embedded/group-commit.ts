import type { Clock } from '#domain/ports/clock.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { Batch, type BatchModules } from './batch.ts'
import { CommitSignal } from './commit-signal.ts'
import { DiskProbe } from './disk-probe.ts'
import { BatchUnderWay, type Job } from './job.ts'
import { causeOfFailure } from './lmdb-failure.ts'
import type { StoreHealth } from './store-health.ts'
import { WaitingJobs } from './waiting-jobs.ts'

export interface GroupCommitOptions {
  readonly durability: Durability
  /** Threads of libuv's pool; Node has 4 unless UV_THREADPOOL_SIZE says otherwise. */
  readonly threadPoolSize: number
}

export interface GroupCommitModules extends BatchModules {
  readonly clock: Clock
  readonly health: StoreHealth
}

/** Together they keep the event loop for some 10 ms at most, and let one batch be filled while another is written. */
const JOBS_PER_BATCH_MAX = 500
const TEXT_PER_BATCH_MAX = 1_024 * 1_024
const JOBS_WAITING_MAX = 50_000
/** A disk that has not confirmed a write for so long is as good as none. */
const FLUSH_OVERDUE_MS = 5_000
const BATCH_NUMBER_BYTES = 6

/**
 * Commits jobs in groups: all that wait when LMDB gives the word become one child transaction, which is committed or
 * aborted as a whole, and while that one goes to the disk the next is filled. Jobs are answered in the order they ran
 * in.
 *
 * The first failure ends it: nothing more is taken until the disk has taken a trial write.
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
  /** Of the newest batch that ran; undefined where only LMDB knows. */
  #lastNumber: number | undefined

  constructor({ durability, threadPoolSize }: GroupCommitOptions, modules: GroupCommitModules) {
    this.#modules = modules
    this.#signal = new CommitSignal(modules.tables.root)
    this.#probe = new DiskProbe(modules)
    this.#isAnsweredWhenVisible = durability === 'committed'
    // A transaction keeps a thread of the pool until it is flushed: leave one for everybody else. With `synced`
    // a third transaction could only wait for the second one's flush.
    this.#underWayMax = Math.max(
      1,
      Math.min(threadPoolSize - 1, durability === 'synced' ? 2 : threadPoolSize),
    )
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

  /** Resolves when all that can be read now is on the disk; undefined where it is. */
  get unflushed(): Promise<void> | undefined {
    return this.#underWay.findLast(({ number }) => number !== undefined)?.flushed
  }

  /** Resolves when nothing waits and nothing is under way, or what is under way is given up. */
  async idle(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idleListeners.push(resolve))
  }

  stop(): void {
    this.#probe.stop()
  }

  get #isIdle(): boolean {
    return this.#underWay.length === 0 && this.#waiting.count === 0
  }

  #request(): void {
    if (this.#isRequested || this.#waiting.count === 0 || this.#underWay.length >= this.#underWayMax) return
    this.#isRequested = true
    const batch = new BatchUnderWay()
    this.#underWay.push(batch)
    void this.#commit(batch)
  }

  async #commit(batch: BatchUnderWay): Promise<void> {
    const { clock, health, tables } = this.#modules
    const cancelOverdue = clock.setTimer(FLUSH_OVERDUE_MS, () => this.#giveUp(batch))
    try {
      const committed = tables.root.childTransaction(() => this.#fill(batch))
      await Promise.all([committed, tables.root.flushed])
      // After one sync that failed the next one's success says nothing about what the first should have written.
      if (health.trouble === 'doubtful') throw health.unavailable()
      this.#answerUpTo(batch, true)
      health.recover('stalled')
    } catch (error) {
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
    const { records, tables } = this.#modules
    let number: number
    try {
      // The failure of the batch before may not have come to our ears yet; LMDB knows.
      if (!this.#isPredecessorCommitted()) throw new Error('the transaction before was not committed')
      const staged = new Batch(this.#modules)
      batch.jobs = this.#runWaiting(staged)
      if (!staged.isChanged) {
        // What these jobs have read is committed, and nothing of theirs ever will be.
        if (this.#isAnsweredWhenVisible) queueMicrotask(() => this.#answerVisible(batch))
        return
      }
      staged.apply()
      number = (this.#lastNumber ?? 0) + 1
      tables.meta.putSync(['batch'], encodeNumber(number))
    } catch (error) {
      // What is in there now will never be.
      records.clear()
      throw error
    } finally {
      // What is left waits for the next transaction: asked for here, it would become a part of this one.
      queueMicrotask(() => this.#request())
    }
    records.forgetOldest()
    batch.number = number
    this.#lastNumber = number
    if (this.#isAnsweredWhenVisible) this.#signal.onceVisible(() => this.#answerVisible(batch))
  }

  #runWaiting(staged: Batch): readonly Job[] {
    const waiting = this.#waiting
    const done: Job[] = []
    let count = 0
    for (let job = waiting.first; job !== undefined; job = waiting.first) {
      const isFull = count >= JOBS_PER_BATCH_MAX || staged.textSize >= TEXT_PER_BATCH_MAX
      if (isFull || (job.isAlone && count > 0)) break
      waiting.shift()
      count += 1
      try {
        job.run(staged)
        done.push(job)
      } catch (error) {
        job.reject(error)
      }
      if (job.isAlone) break
    }
    return done
  }

  #isPredecessorCommitted(): boolean {
    const stored = this.#storedNumber()
    this.#lastNumber ??= stored
    return this.#lastNumber === stored
  }

  #storedNumber(): number {
    return this.#modules.tables.meta.get(['batch'])?.readUIntBE(0, BATCH_NUMBER_BYTES) ?? 0
  }

  #answerVisible(batch: BatchUnderWay): void {
    // Whoever is answered may read at once, and must not be shown the state before.
    this.#modules.tables.root.resetReadTxn()
    this.#answerUpTo(batch, false)
  }

  /** What is true of a batch is true of those before it. */
  #answerUpTo(batch: BatchUnderWay, isFlushed: boolean): void {
    for (const each of this.#underWay) {
      each.answer(isFlushed)
      if (each === batch) return
    }
  }

  /** The outcome may come yet, but nobody waits for it any longer. */
  #giveUp(batch: BatchUnderWay): void {
    const { health } = this.#modules
    health.report('stalled', `the disk has not confirmed a write for ${FLUSH_OVERDUE_MS} ms`)
    batch.reject(health.unavailable())
    this.#rejectWaiting()
    this.#announceIdle()
  }

  #fail(batch: BatchUnderWay, cause: Error): void {
    const { health, records, tables } = this.#modules
    records.clear()
    this.#lastNumber = undefined
    tables.root.resetReadTxn()
    const isVisible = batch.number !== undefined && this.#storedNumber() >= batch.number
    health.report(isVisible ? 'doubtful' : 'refused', cause.message)
    batch.reject(health.unavailable(cause.message, cause))
    this.#rejectWaiting()
    if (!isVisible) this.#probe.start()
  }

  #announceIdle(): void {
    for (const listener of this.#idleListeners.splice(0)) listener()
  }

  #rejectWaiting(): void {
    const { health } = this.#modules
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift())
      job.reject(health.unavailable())
  }
}

function encodeNumber(number: number): Buffer {
  const bytes = Buffer.alloc(BATCH_NUMBER_BYTES)
  bytes.writeUIntBE(number, 0, BATCH_NUMBER_BYTES)
  return bytes
}
