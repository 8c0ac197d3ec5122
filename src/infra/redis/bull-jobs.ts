import { type Job, Queue, Worker } from 'bullmq'
import type { EpochMs, Scope } from '#domain/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { sharedBackend } from './bull-backend.ts'
import { priorityOf, rankBaseFor } from './rank-priority.ts'
import { readyJobId } from './ready-entry-codec.ts'
import { bullPrefix, metaKey, READY_QUEUE_NAME } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'

/**
 * The lock token that asks BullMQ for no lock: one node at a time uses the queue, and what it held when it died is
 * put back by its successor, not by a timeout.
 */
const NO_LOCK = '0'
const JOB_NAME = 'ready'
/** Jobs looked at in one call. */
const PAGE_MAX = 500

export type ReadyJob = Job<ReadyEntry, null>

export interface JobCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
}

/** The ready entries of one scope as BullMQ jobs: due ones are prioritized, later ones delayed, taken ones active. */
export class BullJobs {
  readonly #scope: Scope
  readonly #link: RedisLink
  readonly #queue: Queue<ReadyEntry, null>
  readonly #worker: Worker<ReadyEntry, null>
  #rankBase: number | undefined

  constructor(scope: Scope, link: RedisLink) {
    this.#scope = scope
    this.#link = link
    // BullMQ never dials by itself here, see `sharedBackend`, but its types want to be told where.
    const connection = link.client
    const backend = sharedBackend(link, bullPrefix(scope))
    const streams = { events: { maxLen: 0 } }
    this.#queue = new Queue(READY_QUEUE_NAME, { connection, streams }, backend)
    this.#worker = new Worker(READY_QUEUE_NAME, null, { connection, autorun: false }, backend)
    // Every command reports its own failure to whoever gave it.
    this.#queue.on('error', () => {})
    this.#worker.on('error', () => {})
  }

  /** A job that is there already stays as it is. */
  async add(entries: readonly ReadyEntry[], now: EpochMs): Promise<void> {
    const rankBase = this.#rankBase ?? (await this.#fixRankBase(entries))
    await this.#queue.addBulk(
      entries.map((entry) => ({
        name: JOB_NAME,
        data: entry,
        opts: {
          jobId: readyJobId(entry),
          priority: priorityOf(entry.rank, rankBase),
          removeOnComplete: true,
          ...(entry.dueAt > now && { timestamp: now, delay: entry.dueAt - now }),
        },
      })),
    )
  }

  /** Makes up to `count` jobs active, most urgent first; fewer when there are no more. */
  async next(count: number): Promise<readonly ReadyJob[]> {
    const asked = Array.from({ length: count }, () => this.#worker.getNextJob(NO_LOCK, { block: false }))
    const answers = await Promise.allSettled(asked)
    const jobs = answers.flatMap((answer) =>
      // BullMQ answers undefined when there is none, though its types do not say so.
      answer.status === 'fulfilled' ? ((answer.value as ReadyJob | undefined) ?? []) : [],
    )
    const failed = answers.find((answer) => answer.status === 'rejected')
    if (failed !== undefined && jobs.length === 0) throw failed.reason
    return jobs
  }

  /** Ends an active job. */
  async complete(job: ReadyJob): Promise<void> {
    await job.moveToCompleted(null, NO_LOCK, false)
  }

  /** Ends a job in whatever state it is; does nothing when there is none. */
  async remove(jobId: string): Promise<void> {
    await this.#queue.remove(jobId)
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#queue.getJobCounts('prioritized', 'active', 'delayed')
    return {
      waiting: counts['prioritized'] ?? 0,
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
    }
  }

  /** Puts back every active job that the caller does not hold. */
  async putBackStrays(isHeld: (jobId: string) => boolean): Promise<void> {
    let from = 0
    for (;;) {
      const page = await this.#queue.getActive(from, from + PAGE_MAX - 1)
      const strays = page.filter(({ id }) => id !== undefined && !isHeld(id))
      await Promise.all(strays.map((job) => job.moveToWait(NO_LOCK)))
      if (page.length < PAGE_MAX) return
      // Strays have left the list, so what comes next has moved up by as many.
      from += page.length - strays.length
    }
  }

  /** Makes those delayed jobs ready that are due at `now`; returns when the next one is. */
  async promoteDue(now: EpochMs): Promise<EpochMs | undefined> {
    for (;;) {
      const page = await this.#queue.getDelayed(0, PAGE_MAX - 1)
      const due = page.filter(({ data }) => data.dueAt <= now)
      // BullMQ may have promoted it meanwhile, on the machine's clock; then there is nothing left to do.
      await Promise.allSettled(due.map((job) => job.promote()))
      if (due.length === PAGE_MAX) continue
      return page.find(({ data }) => data.dueAt > now)?.data.dueAt
    }
  }

  async obliterate(): Promise<void> {
    await this.#queue.obliterate({ force: true })
    this.#rankBase = undefined
  }

  async close(): Promise<void> {
    await Promise.all([this.#worker.close(), this.#queue.close()])
  }

  /** Once for all nodes, or jobs of different nodes would not compare. */
  async #fixRankBase(entries: readonly ReadyEntry[]): Promise<number> {
    const { client } = this.#link
    const proposal = rankBaseFor(Math.min(...entries.map(({ rank }) => rank)))
    await client.hsetnx(metaKey(this.#scope), 'rankBase', proposal)
    this.#rankBase = Number(await client.hget(metaKey(this.#scope), 'rankBase'))
    return this.#rankBase
  }
}
