/** Subscribers of the event stream of one swarm, and who makes events happen: each task submitted is one event. */
import type { StreamFrame } from '#contract/frames/stream-frames.ts'
import { answerCalls } from '../harness/calls.ts'
import { Histogram } from '../harness/histogram.ts'
import { AmosRest } from '../peers/amos-rest.ts'
import { AmosSocket } from '../peers/amos-socket.ts'

export interface AmosEventClientCalls {
  /** Makes two swarms without agents; the subscribers see one of them. */
  readonly open: (parameter: { url: string; subscribers: number }) => Promise<void>
  /** One task at a time: from the request until the last subscriber has the event, in microseconds. */
  readonly latency: (parameter: { events: number }) => Promise<{ p50: number; p99: number }>
  /** Submits in batches where nobody looks: what the same costs without a subscriber. */
  readonly submitUnseen: (parameter: { events: number }) => Promise<void>
  /** The same where all subscribers look. @returns milliseconds until the last has the last event */
  readonly submitSeen: (parameter: { events: number }) => Promise<number>
}

const SEEN = 'seen'
const UNSEEN = 'unseen'
const BATCH = 500

let rest: AmosRest | undefined
let subscriberCount = 0
let onEvent: () => void = () => undefined

answerCalls<AmosEventClientCalls>({
  open: async ({ url, subscribers }) => {
    rest = new AmosRest(url)
    for (const swarmId of [SEEN, UNSEEN]) await rest.post('', { swarmId })
    for (; subscriberCount < subscribers; subscriberCount++) await subscribe(url)
  },
  latency: async ({ events }) => {
    const latencies = new Histogram()
    for (let index = 0; index < events; index++) {
      const begun = performance.now()
      const delivered = deliveryOf(1)
      await opened().post(`/${SEEN}/tasks`, newTask())
      latencies.record(((await delivered) - begun) * 1_000)
    }
    return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
  },
  submitUnseen: ({ events }) => submit(UNSEEN, events),
  submitSeen: async ({ events }) => {
    const begun = performance.now()
    const delivered = deliveryOf(events)
    await submit(SEEN, events)
    return (await delivered) - begun
  },
})

/** Resolves when the server has taken the subscription: it sees every event from then on. */
async function subscribe(url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let isSubscribed = false
    const socket = new AmosSocket(url, `/${SEEN}/stream`, {
      onFrame: (text) => {
        if (isSubscribed) onEvent()
        else if ((JSON.parse(text) as StreamFrame).type === 'ack') resolve()
        else reject(new Error(`a subscriber was told ${text}`))
        isSubscribed = true
      },
      onEnd: (reason) => {
        throw new Error(reason)
      },
    })
    const frame = { type: 'subscribe', requestId: 1, types: ['amos.task.submitted'] }
    socket.opened().then(() => socket.send(frame), reject)
  })
}

/** Resolves with the time, by `performance.now()`, at which every subscriber has so many more events. */
function deliveryOf(events: number): Promise<number> {
  return new Promise((resolve) => {
    let missing = events * subscriberCount
    onEvent = () => {
      missing -= 1
      if (missing === 0) resolve(performance.now())
    }
  })
}

async function submit(swarmId: string, events: number): Promise<void> {
  for (let submitted = 0; submitted < events; submitted += BATCH) {
    const tasks = Array.from({ length: Math.min(BATCH, events - submitted) }, newTask)
    await opened().post(`/${swarmId}/tasks/batch`, { tasks })
  }
}

function opened(): AmosRest {
  if (rest === undefined) throw new Error('call open first')
  return rest
}

function newTask() {
  return { type: 'bench' }
}
