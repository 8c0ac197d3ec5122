import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { frameMessage } from '#server/sockets/framed-message.ts'
import { SocketWriter } from '#server/sockets/socket-writer.ts'

describe('SocketWriter', () => {
  let server: WebSocketServer
  let sender: WebSocket
  let writer: SocketWriter
  let receiver: WebSocket

  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    await once(server, 'listening')
    const connected = once(server, 'connection') as Promise<[WebSocket]>
    receiver = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`)
    ;[[sender]] = await Promise.all([connected, once(receiver, 'open')])
    writer = new SocketWriter(sender)
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
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    'writes messages of %i bytes whole',
    async (length) => {
      const data = Buffer.alloc(length, 'x')
      const arrived = received(3)
      writer.write(frameMessage(data.toString(), false))
      writer.write(frameMessage(data, true))
      writer.write(frameMessage('end', false))
      const messages = await arrived
      expect(messages.map(([message]) => message.length)).toEqual([length, length, 3])
      expect(messages[0]?.[0].equals(data)).toBe(true)
      expect(messages.map(([, isBinary]) => isBinary)).toEqual([false, true, false])
    },
  )

  it('writes text as UTF-8', async () => {
    const arrived = received(1)
    writer.write(frameMessage('Grüße, 世界', false))
    expect((await arrived)[0]?.[0].toString()).toBe('Grüße, 世界')
  })

  it('keeps the order of all that is sent in one turn, however much', async () => {
    const arrived = received(3_000)
    for (let index = 0; index < 3_000; index += 1) {
      writer.write(frameMessage(String(index).padStart(60, '0'), false))
    }
    expect((await arrived).map(([data]) => Number(data.toString()))).toEqual([...Array(3_000).keys()])
  })

  it('counts what it holds back as not sent, until the end of the turn', async () => {
    const arrived = received(1)
    writer.write(frameMessage('12345', false))
    expect(writer.bufferedBytes).toBe(7)
    await arrived
    expect(writer.bufferedBytes).toBe(0)
  })

  it('writes before something else is sent when it is told to', async () => {
    const arrived = received(2)
    writer.write(frameMessage('first', false))
    writer.flush()
    sender.send('second')
    expect((await arrived).map(([data]) => data.toString())).toEqual(['first', 'second'])
  })

  it('writes nothing behind a close frame', async () => {
    const closed = once(receiver, 'close') as Promise<[number]>
    const texts: string[] = []
    receiver.on('message', (data) => texts.push((data as Buffer).toString()))
    writer.write(frameMessage('too late', false))
    sender.close(1000)
    writer.write(frameMessage('even later', false))
    expect((await closed)[0]).toBe(1000)
    expect(texts).toEqual([])
  })
})
