import { Redis } from 'ioredis'
import type { PubSub } from './pub-sub.ts'

const CHANNEL = 'bench'

export const redisPubSub: PubSub = {
  openPublisher: async (url) => {
    const redis = new Redis(url)
    await redis.ping()
    return {
      publish: (payload) => void redis.publish(CHANNEL, payload),
      publishBatch: (payload, count) => {
        const pipeline = redis.pipeline()
        for (let index = 0; index < count; index++) pipeline.publish(CHANNEL, payload)
        void pipeline.exec()
      },
    }
  },
  openSubscriber: async (url, onMessage) => {
    const redis = new Redis(url)
    redis.on('message', onMessage)
    await redis.subscribe(CHANNEL)
  },
}
