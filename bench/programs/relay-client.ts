/** The process that holds publisher and subscribers of one hub, and so measures with one clock. */

import { answerCalls } from '../harness/calls.ts'
import { Histogram } from '../harness/histogram.ts'
import { amosPubSub } from '../peers/amos-pub-sub.ts'
import { natsPubSub } from '../peers/nats-pub-sub.ts'
import type { Publisher, PubSub } from '../peers/pub-sub.ts'
import { redisPubSub } from '../peers/redis-pub-sub.ts'
import { socketIoPubSub } from '../peers/socket-io-pub-sub.ts'
import { wsPubSub } from '../peers/ws-pub-sub.ts'

const PUB_SUBS = {
  amos: amosPubSub,
  ws: wsPubSub,
  'socket.io': socketIoPubSub,
  redis: redisPubSub,
  nats: natsPubSub,
} as const satisfies Record<string, PubSub>

export type PubSubName = keyof typeof PUB_SUBS

export interface RelayClientCalls {
  readonly open: (parameter: { pubSub: PubSubName; url: string; subscribers: number }) => Promise<void>
  /** One message at a time: from `publish` until the last subscriber has it, in microseconds. */
  readonly latency: (parameter: { messages: number }) => Promise<{ p50: number; p99: number }>
  /** Never fewer than half of `inFlight` messages under way, for about `durationMs`. */
  readonly saturate: (parameter: { durationMs: number; inFlight: number }) => Promise<Saturation>
}

export interface Saturation {
  readonly deliveries: number
  readonly elapsedMs: number
}

/** 256 bytes of JSON, about what a progress report of an agent is. */
const PAYLOAD = JSON.stringify({
  type: 'task.progress',
  taskId: '01J9ZK6Q3V8T5N2XWPGHS4R7YE',
  note: 'x'.repeat(188),
})

let publisher: Publisher | undefined
let subscriberCount = 0
let onDelivery: () => void = () => undefined

answerCalls<RelayClientCalls>({
  open: async ({ pubSub, url, subscribers }) => {
    const { openPublisher, openSubscriber } = PUB_SUBS[pubSub]
    subscriberCount = subscribers
    for (let index = 0; index < subscribers; index++) await openSubscriber(url, () => onDelivery())
    publisher = await openPublisher(url)
  },
  latency: async ({ messages }) => {
    const latencies = new Histogram()
    for (let index = 0; index < messages; index++) latencies.record(await measureOne(opened()))
    return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
  },
  saturate: ({ durationMs, inFlight }) => saturate(opened(), durationMs, Math.max(1, inFlight / 2)),
})

function opened(): Publisher {
  if (publisher === undefined) throw new Error('call open first')
  return publisher
}

function measureOne(publisher: Publisher): Promise<number> {
  return new Promise((resolve) => {
    let missing = subscriberCount
    onDelivery = () => {
      missing -= 1
      if (missing === 0) resolve((performance.now() - begun) * 1_000)
    }
    const begun = performance.now()
    publisher.publish(PAYLOAD)
  })
}

/** Two batches are under way at first; each that is delivered in full calls for another. */
function saturate(publisher: Publisher, durationMs: number, batch: number): Promise<Saturation> {
  return new Promise((resolve) => {
    const begun = performance.now()
    const deliveriesPerBatch = batch * subscriberCount
    let deliveries = 0
    let expected = 2 * deliveriesPerBatch
    onDelivery = () => {
      deliveries += 1
      if (deliveries === expected) {
        resolve({ deliveries, elapsedMs: performance.now() - begun })
      } else if (deliveries % deliveriesPerBatch === 0 && performance.now() - begun < durationMs) {
        expected += deliveriesPerBatch
        publisher.publishBatch(PAYLOAD, batch)
      }
    }
    publisher.publishBatch(PAYLOAD, batch)
    publisher.publishBatch(PAYLOAD, batch)
  })
}
