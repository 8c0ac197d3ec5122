import { once } from 'node:events'
import { request as sendHttp } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import { nodeId } from '#domain/model/ids.ts'
import { FairTurns } from '#infra/system/fair-turns.ts'
import { UuidIds } from '#infra/system/uuid-ids.ts'
import { SessionRegistry } from '#server/channel/session-registry.ts'
import { createServer, type SwarmServer } from '#server/create-server.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../../helpers/eventually.ts'
import { Cluster } from '../../unit/domain/cluster.ts'

const LIMITS = { openTasksMax: 1_000, agentsMax: 1_000, eventsMax: 1_000 }

describe('every answer', () => {
  let server: SwarmServer
  let url: string
  let logger: MemoryLogger
  let storeFails: boolean

  beforeEach(async () => {
    const node = await new Cluster().node()
    const clock = new ManualClock()
    logger = new MemoryLogger()
    storeFails = false
    server = await createServer(
      {
        nodeId: nodeId('node-1'),
        version: '0.0.0',
        apiKeys: undefined,
        pageTokenSecret: 'secret',
        allowedOrigins: [],
        requestsPerSecondMax: 0,
        eventLoopDelayMaxMs: 60_000,
        connectionsMax: 100,
        metricSwarmsMax: 100,
        waitingRequestsMax: 100,
        anonymousMax: 100,
        anonymousPerAddressMax: 100,
        wrongCredentialsPerMinuteMax: 0,
        drainNoticeMs: 0,
        drainMs: 1_000,
        maxAttempts: 3,
        swarmDefaults: { leaseMs: 10_000, limits: LIMITS },
      },
      {
        swarms: node.directory,
        store: {
          status: () => {
            if (storeFails) throw new Error('the store forgot itself')
            return node.infra.store.status()
          },
        },
        losses: node.infra.losses,
        sessions: new SessionRegistry(),
        workers: new InlineWorkers(),
        clock,
        turns: new FairTurns({ clock, nextTurn: setImmediate }),
        ids: new UuidIds({ clock }),
        logger,
      },
    )
    url = await server.listen({ host: '127.0.0.1', port: 0 })
  })
  afterEach(() => server.close())

  const strangePaths = [
    '/docs/static/%00',
    '/docs/static/a%00b',
    '/docs/static/%5c',
    '/docs/static/%2e%2e',
    '/docs/static//',
    '/docs/static/%ff',
    '/docs/static/%',
    `/docs/static/${'a'.repeat(300)}`,
    `/docs/static/${'a'.repeat(5_000)}`,
    `/docs/static/${'a/'.repeat(2_000)}`,
    '/docs/static/swagger-ui.css/x',
    '/docs/%00',
    '/docs/..%2f..%2fpackage.json',
    '/%00',
    '/%',
    '//',
    '/health/live/%00',
    '/openapi.json%00',
    '/v1/swarms/%00',
    '/v1/swarms/%ff/tasks',
    `/v1/swarms/${'a'.repeat(1_000)}`,
    '/v1/swarms/default/tasks/%2f',
    '/v1/swarms/default/agents/%c0%af/channel',
    '/metrics?a[]=1&a[b]=2&__proto__=3',
    '/v1/swarms?pageSize[]=1&constructor[prototype]=x',
  ]
  const headers: Readonly<Record<string, string>>[] = [
    {},
    { range: 'bytes=99999999-' },
    { range: 'bytes=5-1,x' },
    { 'if-none-match': '"x", W/' },
    { 'if-modified-since': 'yesterday' },
    { accept: 'no/type' },
    { upgrade: 'websocket', connection: 'upgrade' },
  ]

  it.each(strangePaths)('has a status of its own, and an id, for anonymous requests to %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE']) {
      for (const more of headers) {
        const { status, requestId } = await send(method, path, more)
        expect(status, `${method} ${path}`).toBeLessThan(500)
        expect(requestId, `${method} ${path}`).toMatch(/^[0-9a-f-]{36}$/)
      }
    }
    expect(logger.messages('error')).toEqual([])
  })

  it('that is a failure of ours is in the log under its id, without the query', async () => {
    storeFails = true
    const { status, requestId, body } = await send('GET', '/health/ready?token=hunter2', {})
    expect(status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ code: 'internal_error', requestId, instance: '/health/ready' })
    const line = logger.lines.find(({ level }) => level === 'error')
    expect(line?.fields).toMatchObject({ requestId, method: 'GET', path: '/health/ready' })
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2')
  })

  it('is in the log of a node that logs everything, under its id and without the query', async () => {
    const { requestId } = await send('GET', '/v1/swarms?pageToken=hunter2', {})
    const fields = await eventually(async () => logger.lines.find(({ level }) => level === 'debug')?.fields)
    expect(fields).toMatchObject({ requestId, method: 'GET', path: '/v1/swarms', status: 400 })
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2')
  })

  it.each([
    ['in the head', 'POST /v1/swarms/default/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-'],
    [
      'in the body',
      'POST /v1/swarms/default/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"type":',
    ],
    [
      'in a chunk',
      'POST /v1/swarms/default/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"type":',
    ],
  ])('to an upload that was given up %s is no error of the server', async (_, bytes) => {
    const { port, hostname } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(bytes)
    await send('GET', '/health/live', {})
    socket.resetAndDestroy()
    await eventually(async () => (await openConnections()) <= 1)
    await send('GET', '/health/live', {})
    expect(logger.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
  })

  function openConnections(): Promise<number> {
    return new Promise((resolve, reject) =>
      server.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    )
  }

  interface Received {
    readonly status: number
    readonly requestId: string | undefined
    readonly body: string
  }

  /** As `fetch`, for paths and headers that it would mend. */
  function send(method: string, path: string, more: Readonly<Record<string, string>>): Promise<Received> {
    const { port, hostname } = new URL(url)
    return new Promise((resolve, reject) => {
      const request = sendHttp({ hostname, port, method, path, headers: more, agent: false }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        response.on('end', () => {
          const id = response.headers['x-request-id']
          resolve({ status: response.statusCode ?? 0, requestId: id?.toString(), body })
        })
      })
      request.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 0, requestId: undefined, body: 'upgraded' })
      })
      request.on('error', reject)
      request.end()
    })
  }
})
