import TinyQueue from 'tinyqueue'
import type { Job } from './job.ts'

/** How many calls that came later go before a job of the bulk. */
const OVERTAKEN_MAX = 1_000

interface Waiting {
  readonly job: Job
  /** Counted in calls; the lowest is next. */
  readonly place: number
  /** Breaks ties. */
  readonly arrival: number
}

/**
 * The jobs that wait for a transaction: in the order they came, but that a job of the bulk lets so many later calls
 * go first. A herd of submits is bulk; an agent that joins or reports, or an assignment, does not wait behind it.
 */
export class WaitingJobs {
  readonly #jobs = new TinyQueue<Waiting>([], (a, b) => a.place - b.place || a.arrival - b.arrival)
  #calls = 0
  #arrivals = 0

  get count(): number {
    return this.#jobs.length
  }

  /** The one whose turn is next. */
  get first(): Job | undefined {
    return this.#jobs.peek()?.job
  }

  push(job: Job): void {
    const place = this.#calls + (job.isBulk ? OVERTAKEN_MAX : 0)
    this.#jobs.push({ job, place, arrival: this.#arrivals })
    this.#arrivals += 1
    if (!job.isBulk) this.#calls += 1
  }

  /** Makes it the next. */
  putBack(job: Job): void {
    this.#jobs.push({ job, place: Number.NEGATIVE_INFINITY, arrival: 0 })
  }

  /** Empties it. */
  rejectAll(reason: () => Error): void {
    for (let job = this.shift(); job !== undefined; job = this.shift()) job.reject(reason())
  }

  shift(): Job | undefined {
    return this.#jobs.pop()?.job
  }
}
