import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { listSwarms } = SWARM_OPERATIONS
const KEY = 'a-key-that-is-long-enough'
const AMOS_API_KEYS = JSON.stringify([{ name: 'ci', tenant: 'acme', roles: ['admin'], key: KEY }])
const STREAM = '/v1/swarms/default/stream'

describe('anonymous connections', () => {
  let node: TestNode | undefined
  const sockets: Socket[] = []

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await node?.close()
    node = undefined
  })

  async function start(settings: Record<string, string> = {}): Promise<string> {
    node = await startTestNode({ AMOS_API_KEYS, ...settings })
    return node.url
  }

  async function open(url: string, text = ''): Promise<Socket> {
    const { port, hostname } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write(text)
    return socket
  }

  function upgrade(path: string, method = 'GET', protocol = 'websocket'): string {
    return (
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    )
  }

  it.each([
    ['/docs', 'GET', 'websocket', 400],
    ['/docs/static/index.html', 'GET', 'websocket', 400],
    ['/health/live', 'GET', 'websocket', 400],
    ['/openapi.json', 'GET', 'websocket', 400],
    ['/v1/swarms', 'GET', 'websocket', 400],
    ['/v1/swarms/default/tasks', 'POST', 'websocket', 400],
    ['/nothing', 'GET', 'websocket', 400],
    ['/%', 'GET', 'websocket', 400],
    [STREAM, 'GET', 'h2c', 400],
    ['/health/live', 'GET', 'h2c', 400],
    ['/v1/swarms/UPPER/stream', 'GET', 'websocket', 400],
  ])(
    'get an answer and their end at once for an upgrade of %s by %s to %s',
    async (path, method, protocol, status) => {
      const url = await start()
      const socket = await open(url, upgrade(path, method, protocol))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
      })
      await once(socket, 'close')
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(answer.toLowerCase()).toContain('connection: close')
      expect(answer).toContain('"code":"')
    },
  )

  it.each([
    ['TCP connections that send nothing', ''],
    ['half requests', 'GET / HTTP/1.1\r\nHo'],
    ['WebSockets without a first frame', upgrade(STREAM)],
    ['answered requests', 'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['wrong keys', 'GET /v1/swarms HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer wrong\r\n\r\n'],
  ])('keep no client with a key out: %s', async (_, text) => {
    const url = await start({ AMOS_CONNECTIONS_MAX: '20' })
    const stream = await FrameClient.open(url, STREAM, { headers: { authorization: `Bearer ${KEY}` } })
    for (let count = 0; count < 60; count += 1) await open(url, text)
    const client = new ContractClient(url, KEY)
    for (let count = 0; count < 5; count += 1) expect((await client.call(listSwarms)).status).toBe(200)
    stream.send({ type: 'subscribe', requestId: 1 })
    expect(await stream.next()).toEqual({ type: 'ack', requestId: 1 })
    await stream.close()
  })

  it('are ended where one address has too many of them', async () => {
    const url = await start({ AMOS_ANONYMOUS_CONNECTIONS_PER_ADDRESS_MAX: '3' })
    for (let count = 0; count < 12; count += 1) (await open(url, upgrade(STREAM))).resume()
    const [oldest] = sockets
    await eventually(async () => oldest?.closed === true)
    const client = new ContractClient(url, KEY)
    expect((await client.call(listSwarms)).status).toBe(200)
  })

  it('may try few wrong credentials a minute, whichever way they show them', async () => {
    const url = await start({ AMOS_WRONG_CREDENTIALS_PER_MINUTE_MAX: '10' })
    const known = new ContractClient(url, KEY)
    expect((await known.call(listSwarms)).status).toBe(200)
    const wrong = [
      'wrong',
      'agt.acme.default.nobody.secret',
      `agt.acme.none.nobody.${'x'.repeat(43)}`,
      'x'.repeat(600),
    ]
    const statuses: number[] = []
    for (let count = 0; count < 200; count += 1) {
      const client = new ContractClient(url, wrong[count % wrong.length])
      statuses.push((await client.call(listSwarms)).status)
    }
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(100)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    await expect(
      FrameClient.open(url, STREAM, { subprotocols: ['amos.v1.json', 'amos.token.another'] }),
    ).rejects.toThrow(/^429 .*rate_limited/)
    const stream = await FrameClient.open(url, STREAM)
    stream.send({ type: 'subscribe', requestId: 1, token: 'guess' })
    expect(await stream.next()).toMatchObject({ type: 'error', code: 'rate_limited' })
    expect((await known.call(listSwarms)).status).toBe(200)
    expect((await new ContractClient(url).call(SYSTEM_OPERATIONS.getLiveness)).status).toBe(200)
  })
})
