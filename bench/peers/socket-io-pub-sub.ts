import { io, type Socket } from 'socket.io-client'
import type { PubSub } from './pub-sub.ts'

export const socketIoPubSub: PubSub = {
  openPublisher: async (url) => {
    const socket = await openSocket(url)
    return {
      publish: (payload) => void socket.emit('publish', payload),
      publishBatch: (payload, count) => {
        for (let index = 0; index < count; index++) socket.emit('publish', payload)
      },
    }
  },
  openSubscriber: async (url, onMessage) => {
    const socket = await openSocket(url)
    socket.on('message', onMessage)
    await socket.emitWithAck('subscribe')
  },
}

function openSocket(url: string): Promise<Socket> {
  // A connection for each, as agents in processes of their own would have.
  const socket = io(url, { transports: ['websocket'], forceNew: true })
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', reject)
  })
}
