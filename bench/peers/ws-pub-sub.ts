import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { PubSub } from './pub-sub.ts'

export const wsPubSub: PubSub = {
  openPublisher: async (url) => {
    const { webSocket, socket } = await openWebSocket(`${url}/publish`)
    return {
      publish: (payload) => webSocket.send(payload),
      publishBatch: (payload, count) => {
        // One write for the batch: the hub is to be the bottleneck, not its client.
        socket.cork()
        for (let index = 0; index < count; index++) webSocket.send(payload)
        socket.uncork()
      },
    }
  },
  openSubscriber: async (url, onMessage) => {
    const { webSocket } = await openWebSocket(`${url}/subscribe`)
    webSocket.on('message', onMessage)
  },
}

/** Open, and known to the hub: it answers the handshake after it has seen the connection. */
async function openWebSocket(url: string): Promise<{ webSocket: WebSocket; socket: Socket }> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true } satisfies NetConnectOpts)
  const webSocket = new WebSocket(url, { perMessageDeflate: false, createConnection: () => socket })
  await once(webSocket, 'open')
  return { webSocket, socket }
}
