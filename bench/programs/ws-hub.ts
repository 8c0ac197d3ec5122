/** A hub in ten lines of `ws`: the least that a WebSocket hub on Node can cost. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerCalls } from '../harness/calls.ts'
import { ownCpuMicros } from '../harness/cpu.ts'
import type { NodeHubCalls } from '../peers/node-hub.ts'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
const subscribers = new Set<WebSocket>()

server.on('connection', (socket, request) => {
  if (request.url === '/subscribe') {
    subscribers.add(socket)
    return
  }
  socket.on('message', (data, isBinary) => {
    for (const subscriber of subscribers) subscriber.send(data, { binary: isBinary })
  })
})

await once(server, 'listening')
answerCalls<NodeHubCalls>({
  url: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
  cpuMicros: ownCpuMicros,
})
