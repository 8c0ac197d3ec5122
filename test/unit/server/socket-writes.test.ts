import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  frameMessage,
  gatherWrites,
  joinFramed,
  sendFramed,
  sendFramedRun,
} from '#server/sockets/socket-writes.ts'

describe('frames written past ws', () => {
  let server: WebSocketServer
  let sender: WebSocket
  let receiver: WebSocket

  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    await once(server, 'listening')
    const connected = once(server, 'connection') as Promise<[WebSocket]>
    receiver = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`)
    ;[[sender]] = await Promise.all([connected, once(receiver, 'open')])
  })
  afterAll(() => {
    receiver.terminate()
    server.close()
  })

  function received(count: number): Promise<[Buffer, boolean][]> {
    return new Promise((resolve) => {
      const messages: [Buffer, boolean][] = []
      receiver.on('message', function collect(data, isBinary) {
        messages.push([data as Buffer, isBinary])
        if (messages.length < count) return
        receiver.off('message', collect)
        resolve(messages)
      })
    })
  }

  // Where a header needs 0, 2 and 8 more bytes for the length, and both sides of each border.
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('arrive whole with %i bytes', async (length) => {
    const data = Buffer.alloc(length, 'x')
    const arrived = received(2)
    sendFramed(sender, frameMessage(data, false))
    sendFramed(sender, frameMessage(data, true))
    const messages = await arrived
    expect(messages.map(([message]) => message.equals(data))).toEqual([true, true])
    expect(messages.map(([, isBinary]) => isBinary)).toEqual([false, true])
  })

  it('arrive as the messages they are when they are sent in one piece', async () => {
    const texts = ['one', 'x'.repeat(200), 'three']
    const arrived = received(texts.length)
    sendFramedRun(sender, joinFramed(texts.map((text) => frameMessage(Buffer.from(text), false))))
    expect((await arrived).map(([data]) => data.toString())).toEqual(texts)
  })

  it('keep their order among messages that ws sends itself', async () => {
    const arrived = received(30)
    for (let index = 0; index < 30; index += 1) {
      gatherWrites(sender)
      if (index % 2 === 0) sender.send(String(index))
      else sendFramed(sender, frameMessage(Buffer.from(String(index)), false))
    }
    expect((await arrived).map(([data]) => Number(data.toString()))).toEqual([...Array(30).keys()])
  })
})
