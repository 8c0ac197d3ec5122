import type { Batch } from './batch.ts'
import { RoomShortage } from './batch-room.ts'
import type { Job } from './job.ts'
import type { WaitingJobs } from './waiting-jobs.ts'

/** Together they keep the event loop for some 10 ms at most, and let one batch be filled while another is written. */
const JOBS_PER_BATCH_MAX = 500
const TEXT_PER_BATCH_MAX = 1_024 * 1_024

export interface RunJobs {
  /** In the order they ran in; those that threw were told so. */
  readonly done: readonly Job[]
  /** Why the next one waits for another batch, where the file has no room for it yet. */
  readonly shortage?: RoomShortage
}

/** Runs the jobs whose turn it is, as many as fit in one batch. */
export function runWaiting(waiting: WaitingJobs, staged: Batch): RunJobs {
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
      if (error instanceof RoomShortage) {
        waiting.putBack(job)
        return { done, shortage: error }
      }
      job.reject(error)
    }
    if (job.isAlone) break
  }
  return { done }
}
