/** The clients of one of our servers: who submits, and ten agents that complete at once what they are given. */
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskSubmitInput } from '#contract/inputs.ts'
import { answerCalls } from '../harness/calls.ts'
import { Histogram } from '../harness/histogram.ts'
import { AmosAgent, type AssignedFrame, CAPABILITY, registerAgent } from '../peers/amos-agent.ts'
import { AmosRest } from '../peers/amos-rest.ts'

export interface AmosClientCalls {
  readonly open: (parameter: { url: string; leaseMs: number }) => Promise<void>
  /** Submits at a steady pace, whatever the answers do; from the request until an agent has it, in microseconds. */
  readonly measurePace: (parameter: {
    jobs: number
    perSecond: number
  }) => Promise<{ p50: number; p99: number }>
  /** Submits in batches, as fast as it goes; tasks a second from the first submit to the last completion. */
  readonly measureThroughput: (parameter: { jobs: number }) => Promise<number>
}

/** What the agents give back to whoever submitted. */
interface BenchPayload {
  /** By `performance.now()`. */
  readonly addedAt: number
  readonly text: string
}

const AGENTS = 10
const SLOTS = 100
const BATCH = 500
const HEARTBEATS_PER_LEASE = 3
const TEXT = 'x'.repeat(256)

let rest: AmosRest | undefined
let latencies = new Histogram()
let onCompleted: () => void = () => undefined

answerCalls<AmosClientCalls>({
  open: async ({ url, leaseMs }) => {
    rest = new AmosRest(url)
    for (let index = 0; index < AGENTS; index++) {
      await registerAgent(rest, `agent-${index}`, SLOTS)
      const events = { onAssigned, onCompleted: () => onCompleted() }
      const agent = await AmosAgent.connect(url, `agent-${index}`, events)
      setInterval(() => agent.heartbeat(), leaseMs / HEARTBEATS_PER_LEASE)
    }
  },
  measurePace: async ({ jobs, perSecond }) => {
    latencies = new Histogram()
    const completed = completionOf(jobs)
    await submitAtPace(opened(), jobs, perSecond)
    await completed
    return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
  },
  measureThroughput: async ({ jobs }) => {
    const begun = performance.now()
    const completed = completionOf(jobs)
    await submitInBatches(opened(), jobs)
    await completed
    return (jobs / (performance.now() - begun)) * 1_000
  },
})

function onAssigned(frame: AssignedFrame, agent: AmosAgent): void {
  const { addedAt } = frame.payload as BenchPayload
  latencies.record((performance.now() - addedAt) * 1_000)
  agent.complete(frame)
}

function opened(): AmosRest {
  if (rest === undefined) throw new Error('call open first')
  return rest
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

async function submitAtPace(rest: AmosRest, jobs: number, perSecond: number): Promise<void> {
  const begun = performance.now()
  const submitted: Promise<void>[] = []
  while (submitted.length < jobs) {
    const due = Math.min(jobs, Math.floor(((performance.now() - begun) * perSecond) / 1_000) + 1)
    while (submitted.length < due) submitted.push(rest.post('/default/tasks', newTask()))
    await delay(1)
  }
  await Promise.all(submitted)
}

async function submitInBatches(rest: AmosRest, jobs: number): Promise<void> {
  for (let submitted = 0; submitted < jobs; submitted += BATCH) {
    const count = Math.min(BATCH, jobs - submitted)
    await rest.post('/default/tasks/batch', { tasks: Array.from({ length: count }, newTask) })
  }
}

function newTask(): TaskSubmitInput {
  const payload: BenchPayload = { addedAt: performance.now(), text: TEXT }
  return { type: 'bench', capabilities: [CAPABILITY], payload }
}
