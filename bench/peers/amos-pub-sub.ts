import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { AmosRest } from './amos-rest.ts'
import type { PubSub } from './pub-sub.ts'

const SWARM = '/v1/swarms/default'
/** Well within a lease: who is silent for one is no member any more. */
const HEARTBEAT_MS = 2_000
const MESSAGE_START = Buffer.from('{"type":"message"')

let subscriberCount = 0

/** Messages between agents of our server: to the one subscriber directly, to several as a broadcast. */
export const amosPubSub: PubSub = {
  openSubscriber: async (url, onMessage) => {
    const { webSocket } = await openAgent(url, `subscriber-${subscriberCount}`)
    subscriberCount += 1
    webSocket.on('message', (data) => {
      if ((data as Buffer).subarray(0, MESSAGE_START.length).equals(MESSAGE_START)) onMessage()
    })
  },
  openPublisher: async (url) => {
    const { webSocket, tcp } = await openAgent(url, 'publisher')
    const to = subscriberCount === 1 ? { kind: 'agent', agentId: 'subscriber-0' } : { kind: 'broadcast' }
    const start = `{"type":"message.send","to":${JSON.stringify(to)},"payload":`
    return {
      publish: (payload) => webSocket.send(`${start}${payload}}`),
      publishBatch: (payload, count) => {
        const frame = `${start}${payload}}`
        tcp.cork()
        for (let index = 0; index < count; index++) webSocket.send(frame)
        tcp.uncork()
      },
    }
  },
}

/** A registered agent whose channel is open, and stays so. */
async function openAgent(url: string, agentId: string): Promise<{ webSocket: WebSocket; tcp: Socket }> {
  await new AmosRest(url).post('/default/agents', { agentId })
  const { hostname, port } = new URL(url)
  const tcp = connect({ host: hostname, port: Number(port), noDelay: true } satisfies NetConnectOpts)
  const address = `ws://${hostname}:${port}${SWARM}/agents/${agentId}/channel`
  const webSocket = new WebSocket(address, ['amos.v1.json'], {
    perMessageDeflate: false,
    createConnection: () => tcp,
  })
  await once(webSocket, 'open')
  const welcomed = once(webSocket, 'message')
  webSocket.send('{"type":"hello"}')
  await welcomed
  setInterval(() => webSocket.send('{"type":"heartbeat"}'), HEARTBEAT_MS).unref()
  return { webSocket, tcp }
}
