/** The same hub as its users write it with socket.io: one room, one broadcast. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { answerCalls } from '../harness/calls.ts'
import { ownCpuMicros } from '../harness/cpu.ts'
import type { NodeHubCalls } from '../peers/node-hub.ts'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false })

io.on('connection', (socket) => {
  socket.on('subscribe', async (acknowledge: () => void) => {
    await socket.join('subscribers')
    acknowledge()
  })
  socket.on('publish', (payload: string) => {
    io.to('subscribers').emit('message', payload)
  })
})

http.listen(0, '127.0.0.1')
await once(http, 'listening')
answerCalls<NodeHubCalls>({
  url: () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
  cpuMicros: ownCpuMicros,
})
