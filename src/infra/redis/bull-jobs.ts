import { type JobJson, type MinimalJob, Queue, type RedisQueueBackend } from 'bullmq'
import type { EpochMs, Scope } from '#domain/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { sharedBackend } from './bull-backend.ts'
import { priorityOf, rankBaseFor } from './rank-priority.ts'
import { decodeReadyEntry, readyJobId } from './ready-entry-codec.ts'
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
const IDS_PAGE_MAX = 10_000

export interface JobCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
}

/**
 * The ready entries of one scope as BullMQ jobs: due ones are prioritized, later ones delayed, taken ones active.
 *
 * What happens to every task goes to BullMQ's backend, which its Worker and Job stand on too: without their
 * tracing and bookkeeping a task costs this process a fifth less.
 */
export class BullJobs {
  readonly #scope: Scope
  readonly #link: RedisLink
  readonly #queue: Queue<ReadyEntry, null>
  readonly #backend: RedisQueueBackend
  #rankBase: number | undefined

  constructor(scope: Scope, link: RedisLink) {
    this.#scope = scope
    this.#link = link
    // The events are for listeners we do not have.
    const options = { connection: link.client, streams: { events: { maxLen: 0 } } }
    this.#queue = new Queue(READY_QUEUE_NAME, options, sharedBackend(link, bullPrefix(scope)))
    // Every command reports its own failure to whoever gave it.
    this.#queue.on('error', () => {})
    this.#backend = this.#queue.getBackend()
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
  async next(count: number): Promise<readonly ReadyEntry[]> {
    const asked = Array.from({ length: count }, () => this.#backend.moveToActive(NO_LOCK))
    const answers = await Promise.allSettled(asked)
    const entries = answers.flatMap((answer) => {
      if (answer.status === 'rejected') return []
      const job = answer.value[0] as JobJson | null | undefined
      return job ? decodeReadyEntry(job.data) : []
    })
    const failed = answers.find((answer) => answer.status === 'rejected')
    if (failed !== undefined && entries.length === 0) throw failed.reason
    return entries
  }

  /** Ends an active job. */
  async complete(jobId: string): Promise<void> {
    // All that BullMQ looks at here.
    const job = { id: jobId, opts: {} } as MinimalJob
    await this.#backend.moveToCompleted(job, null, true, NO_LOCK, false)
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

  /** The ids of all jobs, in whatever state. */
  async ids(): Promise<Set<string>> {
    const { client } = this.#link
    const ids = new Set(await client.lrange(this.#queue.toKey('active'), 0, -1))
    for (const state of ['prioritized', 'delayed']) {
      const key = this.#queue.toKey(state)
      const count = await client.zcard(key)
      for (let from = 0; from < count; from += IDS_PAGE_MAX) {
        const page = await client.zrange(key, String(from), String(from + IDS_PAGE_MAX - 1))
        for (const id of page) ids.add(id)
      }
    }
    return ids
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
    await this.#queue.close()
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
