import { connect } from '@nats-io/transport-node'
import type { PubSub } from './pub-sub.ts'

const SUBJECT = 'bench'

export const natsPubSub: PubSub = {
  openPublisher: async (url) => {
    const connection = await connect({ servers: url })
    return {
      publish: (payload) => connection.publish(SUBJECT, payload),
      publishBatch: (payload, count) => {
        for (let index = 0; index < count; index++) connection.publish(SUBJECT, payload)
      },
    }
  },
  openSubscriber: async (url, onMessage) => {
    const connection = await connect({ servers: url })
    connection.subscribe(SUBJECT, { callback: onMessage })
    await connection.flush()
  },
}
