import { request as sendHttp } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '#contract/documents/openapi-document.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import type { Operation } from '#contract/operations/operation.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { type CallOptions, ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { numberPaths, sampleOf, sampleWithNumber } from '../../helpers/request-samples.ts'
import { StoreReads } from '../../helpers/store-reads.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const NUMBERS = [
  '0',
  '-1',
  '-0',
  '1e400',
  '-1e400',
  '9007199254740992',
  '9007199254740993',
  '999999999999999',
  '1000000000000000',
  '1e15',
  '1.5',
  'Infinity',
  '-Infinity',
  'NaN',
  '0x10',
  '0b1',
  '007',
  '+1',
  '1_0',
  ' ',
  '',
  ' 1',
  '9'.repeat(60),
]
/** Of any one request: a page looks at the log, or at the records, 20 times at most. */
const READS_MAX = 60
const EVENT_COUNT = 1_500

describe.each(['embedded', 'redis'])('numbers in requests, %s', (store) => {
  let node: TestNode
  let redis: RedisServer | undefined
  let client: ContractClient
  let reads: StoreReads

  beforeAll(async () => {
    redis = store === 'redis' ? await startRedis() : undefined
    node = await startTestNode(redis === undefined ? {} : { AMOS_REDIS_URL: redis.url })
    client = new ContractClient(node.url)
    const tasks = Array.from({ length: 500 }, () => ({ type: 'x', capabilities: ['none'] }))
    for (let count = 0; count < EVENT_COUNT; count += tasks.length)
      await client.call(TASK_OPERATIONS.submitTaskBatch, { body: { tasks } })
    await client.call(AGENT_OPERATIONS.registerAgent, { body: { agentId: 'a1' } })
    reads = new StoreReads()
  })
  afterAll(async () => {
    reads.stop()
    await node.close()
    await redis?.close()
  })

  /** Sends it, and fails where the status is not documented or the store was read too often. */
  async function send(operation: Operation, options: CallOptions, what: string): Promise<number> {
    const before = reads.count
    const { status } = await client.call(operation, options).catch((error: unknown) => {
      throw new Error(`${operation.operationId} ${what}`, { cause: error })
    })
    expect(documentedStatuses(operation), `${operation.operationId} ${what}`).toContain(String(status))
    expect(status, `${operation.operationId} ${what}`).toBeLessThan(500)
    return reads.count - before
  }

  // What deletes or changes what the others need is tried on something that does not exist.
  const params = { swarmId: 'default', agentId: 'a1', taskId: 't1', proposalId: 'p1' }
  function paramsFor({ operationId }: Operation): typeof params {
    if (operationId === 'deleteSwarm') return { ...params, swarmId: 'none' }
    return operationId === 'deregisterAgent' ? { ...params, agentId: 'none' } : params
  }
  const bodyOf = ({ body }: Operation): { body?: unknown } =>
    body === undefined ? {} : { body: sampleOf(body) }

  it.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))(
    'cost no more than they may, and have a documented answer: %s',
    async (_, operation) => {
      const { params: path, query, headers, body } = operation
      const call = async (options: CallOptions, what: string): Promise<void> => {
        const request = { params: paramsFor(operation), ...bodyOf(operation), ...options }
        expect(await send(operation, request, what), what).toBeLessThanOrEqual(READS_MAX)
      }
      for (const number of NUMBERS) {
        for (const name of Object.keys(path?.properties ?? {})) {
          if (number.trim() === '') continue
          const at = { ...paramsFor(operation), [name]: encodeURIComponent(number) }
          await call({ params: at }, `${name}=${number}`)
        }
        for (const name of Object.keys(query?.properties ?? {}))
          await call({ query: { [name]: number } }, `?${name}=${number}`)
        for (const name of Object.keys(headers?.properties ?? {}))
          await call({ headers: { [name]: number } }, `${name}: ${number}`)
        if (body === undefined) continue
        for (const place of numberPaths(body))
          await call({ body: sampleWithNumber(body, place, number) }, `${place.join('/')}: ${number}`)
      }
    },
  )

  it('are refused where they are not written as a number that fits', async () => {
    for (const pageSize of NUMBERS) {
      const { status } = await client.call(TASK_OPERATIONS.listTasks, { query: { pageSize } })
      expect(status, pageSize).toBe(400)
    }
  })

  it.each(['999999999999999', '1-999999999999999', '999999999999999-999999999999999'])(
    'answer a cursor beyond the log at once, on every way to read it: %s',
    async (since) => {
      const { body } = await client.call(SYSTEM_OPERATIONS.readEvents, { query: { pageSize: '1' } })
      const lastSequence = Number(body['lastSequence'])
      const before = reads.count
      await client.call(SYSTEM_OPERATIONS.readEvents, { query: { since } })
      const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
      stream.send({ type: 'subscribe', since })
      const first = await stream.next()
      expect(first).toMatchObject({ type: 'gap', reason: 'lost', toSequence: 999_999_999_999_999 })
      expect(first['fromSequence']).toBeLessThanOrEqual(lastSequence + 1)
      await stream.close()
      expect(await firstServerSentEvent(since)).toMatch(/^event: gap/)
      expect(reads.count - before).toBeLessThanOrEqual(READS_MAX + 40)
    },
  )

  it.each(NUMBERS)('have an answer in a subscription: since %j', async (since) => {
    const before = reads.count
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', requestId: 1, since })
    const answer = await stream.next()
    expect(answer.type === 'ack' || answer['code'] === 'cursor_invalid').toBe(true)
    stream.socket.terminate()
    // The rest of the log may be under way to a subscriber that has just left.
    await eventually(async () => reads.count - before < READS_MAX)
  })

  it('end the work for a stream when its client leaves', async () => {
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', requestId: 1, types: ['amos.agent.removed'], since: '0' })
    await stream.next('ack')
    stream.socket.terminate()
    const isQuiet = async (): Promise<boolean> => {
      const before = reads.count
      await client.call(SYSTEM_OPERATIONS.getLiveness)
      return reads.count === before
    }
    expect(await eventually(isQuiet)).toBe(true)
  })

  /** The first message of a stream of server-sent events, which is then left. */
  function firstServerSentEvent(lastEventId: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = sendHttp(
        `${node.url}/v1/swarms/default/events`,
        { headers: { accept: 'text/event-stream', 'last-event-id': lastEventId } },
        (response) => {
          response.on('error', () => undefined)
          response.once('data', (chunk: Buffer) => {
            resolve(chunk.toString())
            request.destroy()
          })
        },
      )
      request.on('error', reject)
      request.end()
    })
  }
})

const paths = openApiDocument()['paths'] as Record<string, Record<string, { responses: object }>>

function documentedStatuses({ path, method }: Operation): readonly string[] {
  return Object.keys(paths[path]?.[method.toLowerCase()]?.responses ?? {})
}
