import { Queue } from 'bullmq'
import { type EpochMs, epochMs, type Scope, type SwarmEpoch } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { sharedBackend } from './bull-backend.ts'
import { priorityOf, rankBaseFor } from './rank-priority.ts'
import { decodeReadyEntry, readyJobId } from './ready-entry-codec.ts'
import { bullPrefix, metaKey, READY_QUEUE_NAME } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import {
  peekJobsScript,
  promoteJobsScript,
  reclaimJobsScript,
  removeJobsScript,
} from './scripts/ready-jobs-scripts.ts'

const JOB_NAME = 'ready'
/** Jobs changed in one call: Redis serves nobody else meanwhile. */
const CHANGED_MAX = 500
const IDS_PAGE_MAX = 10_000

export interface WaitingJobs {
  /** The ids of the most urgent jobs. They stay in the queue. */
  readonly ids: readonly string[]
  /** Their entries. */
  readonly entries: readonly ReadyEntry[]
  /** All that are ready, these included. */
  readonly readyCount: number
  /** When the first of the delayed jobs is due; undefined where none is delayed. */
  readonly nextDueAt: EpochMs | undefined
}

/**
 * The ready entries of one scope as BullMQ jobs: those that are ready are prioritized, later ones delayed.
 *
 * No job is ever active: the coordinating node reads the first jobs, and removes them when it has them. So a node that
 * dies leaves nothing behind that has to be put back.
 */
export class BullJobs {
  readonly #scope: Scope
  readonly #link: RedisLink
  readonly #queue: Queue<ReadyEntry, null>
  #rankBase: number | undefined

  constructor(scope: Scope, link: RedisLink) {
    this.#scope = scope
    this.#link = link
    // The events are for listeners we do not have.
    const options = { connection: link.client, streams: { events: { maxLen: 0 } } }
    this.#queue = new Queue(READY_QUEUE_NAME, options, sharedBackend(link, bullPrefix(scope)))
    // Every command reports its own failure to whoever gave it.
    this.#queue.on('error', () => {})
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
          ...(entry.dueAt !== undefined && entry.dueAt > now && { timestamp: now, delay: entry.dueAt - now }),
        },
      })),
    )
  }

  /** @param countMax 0 to ask for the counts alone */
  async peek(countMax: number): Promise<WaitingJobs> {
    const keys = [this.#key('prioritized'), this.#key('delayed')]
    const reply = await peekJobsScript.run(this.#link.client, keys, [this.#key(''), countMax])
    const [readyCount, nextDueAt, ...found] = reply as [number, string, ...string[]]
    return {
      ids: found.filter((_, index) => index % 2 === 0),
      entries: found.flatMap((data, index) => (index % 2 === 1 && data !== '' ? decodeReadyEntry(data) : [])),
      readyCount,
      nextDueAt: nextDueAt === '' ? undefined : epochMs(Number(nextDueAt)),
    }
  }

  /** Removes jobs in whatever state. @returns false where a later coordinatorship has begun: nothing was removed */
  async remove(ids: readonly string[], epoch: SwarmEpoch): Promise<boolean> {
    const keys = [metaKey(this.#scope), this.#key('prioritized'), this.#key('delayed')]
    for (let from = 0; from < ids.length; from += CHANGED_MAX) {
      const some = ids.slice(from, from + CHANGED_MAX)
      const isRemoved = await removeJobsScript.run(this.#link.client, keys, [epoch, this.#key(''), ...some])
      if (isRemoved === 0) return false
    }
    return true
  }

  /** The ids of all jobs, ready and delayed. */
  async ids(): Promise<Set<string>> {
    const { client } = this.#link
    const ids = new Set<string>()
    for (const state of ['prioritized', 'delayed']) {
      const key = this.#key(state)
      const count = await client.zcard(key)
      for (let from = 0; from < count; from += IDS_PAGE_MAX) {
        const page = await client.zrange(key, String(from), String(from + IDS_PAGE_MAX - 1))
        for (const id of page) ids.add(id)
      }
    }
    return ids
  }

  /** Makes those delayed jobs ready that are due at `now`. */
  async promoteDue(now: EpochMs): Promise<void> {
    const keys = ['prioritized', 'delayed', 'pc'].map((name) => this.#key(name))
    await this.#repeat(() =>
      promoteJobsScript.run(this.#link.client, keys, [this.#key(''), now, CHANGED_MAX]),
    )
  }

  /** Makes ready what a node of an earlier version has left as active. */
  async reclaimActive(): Promise<void> {
    const keys = ['prioritized', 'active', 'pc'].map((name) => this.#key(name))
    await this.#repeat(() => reclaimJobsScript.run(this.#link.client, keys, [this.#key(''), CHANGED_MAX]))
  }

  async obliterate(): Promise<void> {
    await this.#queue.obliterate({ force: true })
    this.#rankBase = undefined
  }

  async close(): Promise<void> {
    await this.#queue.close()
  }

  #key(name: string): string {
    return this.#queue.toKey(name)
  }

  async #repeat(change: () => Promise<unknown>): Promise<void> {
    while ((await change()) === CHANGED_MAX);
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
