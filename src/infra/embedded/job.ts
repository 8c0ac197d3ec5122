import type { Batch } from './batch.ts'

/** Something to be done inside a transaction. */
export interface Job {
  /** Lets calls that came later go first; see `WaitingJobs`. */
  readonly isBulk: boolean
  /** Has a transaction to itself, because it changes the tables without staging. */
  readonly isAlone: boolean
  /** Answered only when it is on the disk, whatever the store's durability. */
  readonly isFlushNeeded: boolean
  /** What it throws rejects this job alone, and must have changed nothing. */
  run(batch: Batch): void
  resolve(): void
  reject(error: unknown): void
}

/** The jobs of one transaction between the request for it and its flush. */
export class BatchUnderWay {
  /** What LMDB has under `['batch']` once this batch is committed; undefined until it ran. */
  number: number | undefined
  /** Whether it was aborted before LMDB was asked to write anything. */
  isAborted = false
  /** Settles when LMDB is through with it. */
  done: Promise<void> = Promise.resolve()
  /** Those that ran and were not answered yet. */
  jobs: readonly Job[] = []
  /** For those who have read what this batch wrote. */
  readonly flushed: Promise<void>
  #resolveFlushed: () => void = () => undefined
  #rejectFlushed: (error: unknown) => void = () => undefined

  constructor() {
    this.flushed = new Promise((resolve, reject) => {
      this.#resolveFlushed = resolve
      this.#rejectFlushed = reject
    })
    // Mostly nobody has read it.
    this.flushed.catch(() => undefined)
  }

  answer(isFlushed: boolean): void {
    const { jobs } = this
    this.jobs = isFlushed ? [] : jobs.filter(({ isFlushNeeded }) => isFlushNeeded)
    for (const job of jobs) if (isFlushed || !job.isFlushNeeded) job.resolve()
    if (isFlushed) this.#resolveFlushed()
  }

  reject(error: unknown): void {
    const { jobs } = this
    this.jobs = []
    for (const job of jobs) job.reject(error)
    this.#rejectFlushed(error)
  }
}
