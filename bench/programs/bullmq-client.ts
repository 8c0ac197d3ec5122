/**
 * A BullMQ Queue and Worker as their users write them. Both in one process: measured against one process
 * each, throughput is the same and latency at 100 jobs/s is a fifth lower.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import { answerCalls } from '../harness/calls.ts'
import { Histogram } from '../harness/histogram.ts'

export interface BullmqClientCalls {
  readonly open: (parameter: { port: number }) => Promise<void>
  readonly setConcurrency: (parameter: { concurrency: number }) => void
  /** Adds at a steady pace, whatever the answers do; from `add` until the processor runs, in microseconds. */
  readonly measurePace: (parameter: {
    jobs: number
    perSecond: number
  }) => Promise<{ p50: number; p99: number }>
  /** Adds in bulk, as fast as it goes; jobs a second from the first add to the last completion. */
  readonly measureThroughput: (parameter: { jobs: number }) => Promise<number>
}

interface BenchJob {
  /** By `performance.now()`. */
  readonly addedAt: number
  readonly payload: string
}

const QUEUE = 'bench'
const BULK = 500
const PAYLOAD = 'x'.repeat(256)

let opened: { readonly queue: Queue<BenchJob>; readonly worker: Worker<BenchJob> } | undefined
let latencies = new Histogram()
let onCompleted: () => void = () => undefined

answerCalls<BullmqClientCalls>({
  open: async ({ port }) => {
    const connection = { host: '127.0.0.1', port }
    const queue = new Queue<BenchJob>(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } })
    const worker = new Worker<BenchJob>(QUEUE, process, { connection })
    worker.on('completed', () => onCompleted())
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
    opened = { queue, worker }
  },
  setConcurrency: ({ concurrency }) => {
    clients().worker.concurrency = concurrency
  },
  measurePace: async ({ jobs, perSecond }) => {
    latencies = new Histogram()
    const completed = completionOf(jobs)
    await addAtPace(clients().queue, jobs, perSecond)
    await completed
    return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
  },
  measureThroughput: async ({ jobs }) => {
    const begun = performance.now()
    const completed = completionOf(jobs)
    await addInBulk(clients().queue, jobs)
    await completed
    return (jobs / (performance.now() - begun)) * 1_000
  },
})

async function process({ data }: { data: BenchJob }): Promise<void> {
  latencies.record((performance.now() - data.addedAt) * 1_000)
}

function clients(): NonNullable<typeof opened> {
  if (opened === undefined) throw new Error('call open first')
  return opened
}

function completionOf(jobs: number): Promise<void> {
  return new Promise((resolve) => {
    let missing = jobs
    onCompleted = () => {
      missing -= 1
      if (missing === 0) resolve()
    }
  })
}

async function addAtPace(queue: Queue<BenchJob>, jobs: number, perSecond: number): Promise<void> {
  const begun = performance.now()
  const added: Promise<unknown>[] = []
  while (added.length < jobs) {
    const due = Math.min(jobs, Math.floor(((performance.now() - begun) * perSecond) / 1_000) + 1)
    while (added.length < due) added.push(queue.add('job', newJob()))
    await delay(1)
  }
  await Promise.all(added)
}

async function addInBulk(queue: Queue<BenchJob>, jobs: number): Promise<void> {
  for (let added = 0; added < jobs; added += BULK) {
    const count = Math.min(BULK, jobs - added)
    await queue.addBulk(Array.from({ length: count }, () => ({ name: 'job', data: newJob() })))
  }
}

function newJob(): BenchJob {
  return { addedAt: performance.now(), payload: PAYLOAD }
}
