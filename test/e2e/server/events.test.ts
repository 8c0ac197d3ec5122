import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventPage, SwarmEvent } from '#contract/event.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { readEvents } = SYSTEM_OPERATIONS
const { submitTask, submitTaskBatch, cancelTask } = TASK_OPERATIONS

describe('the event log', () => {
  let node: TestNode
  let client: ContractClient

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
  })
  afterAll(() => node.close())

  async function submit(): Promise<string> {
    return (await client.call(submitTask, { body: { type: 'x', capabilities: ['none'] } })).body.taskId
  }

  async function page(query: Record<string, string>): Promise<EventPage> {
    return (await client.call(readEvents, { query })).body as unknown as EventPage
  }

  async function end(): Promise<string> {
    return String((await page({ pageSize: '1' })).lastSequence)
  }

  /** The messages of a stream of server-sent events, as text, one after the other. */
  async function* sse(headers: Record<string, string>, query = ''): AsyncGenerator<string> {
    const ending = new AbortController()
    const response = await fetch(`${node.url}/v1/swarms/default/events${query}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: ending.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    try {
      let text = ''
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString()
        const messages = text.split('\n\n')
        text = messages.pop() ?? ''
        yield* messages
      }
    } finally {
      ending.abort()
    }
  }

  async function take<T>(source: AsyncGenerator<T>, count: number): Promise<T[]> {
    const taken: T[] = []
    for await (const item of source) {
      taken.push(item)
      if (taken.length === count) break
    }
    return taken
  }

  it('reads in pages from any place, without loss or repetition', async () => {
    for (let count = 0; count < 5; count += 1) await submit()
    const all: SwarmEvent[] = []
    let since = '0'
    for (let found = -1; found !== 0; ) {
      const { events, gaps, next } = await page({ since, pageSize: '2' })
      expect(gaps).toEqual([])
      all.push(...events)
      found = events.length
      since = next
    }
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1))
    expect(all.filter(({ type }) => type === 'amos.task.submitted')).toHaveLength(5)
    expect(since).toBe(all.at(-1)?.id)
  })

  it('filters by types, by the start of types and by subject', async () => {
    const since = await end()
    const taskId = await submit()
    await submit()
    await client.call(cancelTask, { params: { taskId } })
    const types = async (query: Record<string, string>): Promise<string[]> =>
      (await page({ since, ...query })).events.map(({ type }) => type)
    expect(await types({ subject: taskId })).toEqual(['amos.task.submitted', 'amos.task.canceled'])
    expect(await types({ types: 'amos.task.canceled' })).toEqual(['amos.task.canceled'])
    expect(await types({ types: 'amos.agent.*,amos.task.submitted' })).toHaveLength(2)
    expect(await types({ types: 'amos.*' })).toHaveLength(3)
    expect(await types({ types: 'amos.agent.*' })).toEqual([])
  })

  it('streams the same events over WebSocket, in JSON and MessagePack, as they happen', async () => {
    for (const subprotocol of ['amos.v1.json', 'amos.v1.msgpack']) {
      const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream', {
        subprotocols: [subprotocol],
      })
      stream.send({ type: 'subscribe', requestId: 1, types: ['amos.task.*'] })
      expect(await stream.next()).toEqual({ type: 'ack', requestId: 1 })
      // The place to begin at is looked up when the first read happens; an event that shows is past it.
      await submitUntil(stream)
      const taskId = await submit()
      const { event } = await stream.next('event')
      const { events } = await page({ subject: taskId })
      expect(event).toEqual(events[0])
      await stream.close()
    }
  })

  async function submitUntil(stream: FrameClient): Promise<void> {
    const first = stream.next('event')
    const taskId = await submit()
    expect((await first).event).toMatchObject({ subject: taskId })
  }

  it('goes on over WebSocket from any event, by its id or its number', async () => {
    const before = await end()
    const taskIds = [await submit(), await submit(), await submit()]
    const { events } = await page({ since: before })
    for (const since of [events[0]!.id, String(events[0]!.sequence)]) {
      const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
      stream.send({ type: 'subscribe', since })
      expect((await stream.next('event')).event.subject).toBe(taskIds[1])
      expect((await stream.next('event')).event.subject).toBe(taskIds[2])
      await stream.close()
    }
  })

  it('keeps the order under many subscribers and a burst of tasks', async () => {
    const since = await end()
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => FrameClient.open(node.url, '/v1/swarms/default/stream')),
    )
    for (const stream of streams) stream.send({ type: 'subscribe', since })
    const tasks = Array.from({ length: 300 }, () => ({ type: 'burst', capabilities: ['none'] }))
    await client.call(submitTaskBatch, { body: { tasks } })
    for (const stream of streams) {
      for (let sequence = Number(since) + 1; sequence <= Number(since) + 300; sequence += 1) {
        expect((await stream.next('event')).event.sequence).toBe(sequence)
      }
      await stream.close()
    }
  })

  it('tells a subscriber whose cursor is ahead of the log that those numbers are lost', async () => {
    const last = Number(await end())
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', since: String(last + 10) })
    expect(await stream.next()).toEqual({
      type: 'gap',
      fromSequence: last + 1,
      toSequence: last + 10,
      reason: 'lost',
    })
    await stream.close()
    const { gaps } = await page({ since: String(last + 10) })
    expect(gaps).toEqual([{ fromSequence: last + 1, toSequence: last + 10, reason: 'lost' }])
  })

  it.each([
    ['a bad cursor', { since: 'yesterday' }, 'cursor_invalid'],
    ['a type that can be none', { types: ['task.completed'] }, 'frame_invalid'],
    ['an unknown field', { from: 1 }, 'frame_invalid'],
  ])('answers %s in subscribe with its code, and closes', async (_, fields, code) => {
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', requestId: 1, ...fields })
    expect(await stream.next()).toMatchObject({ type: 'error', requestId: 1, code })
    expect(await stream.closed).toBe(1008)
  })

  it('answers frames that are not subscribe, and a second one', async () => {
    const first = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    first.send({ type: 'hello' })
    expect(await first.next()).toMatchObject({ type: 'error', code: 'frame_unknown' })
    const second = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    second.send({ type: 'subscribe' })
    second.send({ type: 'subscribe', requestId: 2 })
    expect(await second.next('error')).toMatchObject({ requestId: 2, code: 'subscribe_repeated' })
    const third = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    third.sendRaw(Buffer.from([1, 2, 3]))
    expect(await third.next()).toMatchObject({ type: 'error', code: 'frame_invalid' })
  })

  it('streams server-sent events with their ids, and goes on from Last-Event-ID', async () => {
    const before = await end()
    const taskIds = [await submit(), await submit()]
    const [first] = await take(sse({}, `?since=${before}`), 1)
    const [idLine = '', dataLine = ''] = first!.split('\n')
    const event = JSON.parse(dataLine.slice('data: '.length)) as SwarmEvent
    expect(event).toMatchObject({ type: 'amos.task.submitted', subject: taskIds[0] })
    expect(idLine).toBe(`id: ${event.id}`)
    const [second] = await take(sse({ 'last-event-id': event.id }), 1)
    expect(second).toContain(`"subject":"${taskIds[1]}"`)
  })

  it('says what is missing in a stream of server-sent events', async () => {
    const last = Number(await end())
    const [gap] = await take(sse({ 'last-event-id': String(last + 3) }), 1)
    expect(gap).toBe(
      `event: gap\ndata: {"fromSequence":${last + 1},"toSequence":${last + 3},"reason":"lost"}`,
    )
  })

  it('has data for every event that fits the contract, through a whole life', async () => {
    const capabilities = [{ name: 'everything' }]
    const agentId = 'lives'
    await client.call(AGENT_OPERATIONS.registerAgent, { body: { agentId, capabilities } })
    await client.call(AGENT_OPERATIONS.updateAgent, { params: { agentId }, body: { slots: 3 } })
    await client.call(SWARM_OPERATIONS.updateSwarm, { body: { description: 'x', leaseMs: 5_000 } })
    const reports = [
      ['complete', { result: 1 }],
      ['fail', { failure: { code: 'x', message: 'y' } }],
      ['fail', { failure: { code: 'x', message: 'y' }, kind: 'fail' }],
      ['fail', { failure: { code: 'x', message: 'y' }, kind: 'reject' }],
      ['release', {}],
    ] as const
    for (const [report, more] of reports) {
      const submitted = await client.call(submitTask, { body: { type: 'x', capabilities: ['everything'] } })
      const { taskId } = submitted.body
      const claim = await client.call(AGENT_OPERATIONS.claimTasks, {
        params: { agentId },
        body: { waitMs: 5_000 },
      })
      const { fencingToken } = claim.body.assignments[0]!
      const body = { agentId, fencingToken }
      await client.call(TASK_OPERATIONS.reportProgress, { params: { taskId }, body: { ...body, ratio: 1 } })
      const operation = TASK_OPERATIONS[`${report}Task`]
      await client.call(operation, { params: { taskId }, body: { ...body, ...more } })
      await client.call(cancelTask, { params: { taskId } })
    }
    await client.call(AGENT_OPERATIONS.deregisterAgent, { params: { agentId } })
    const seen = new Set<string>()
    for (let since = '0'; ; ) {
      // The client checks each event against the schema of its type.
      const { events, next } = await page({ since, pageSize: '100' })
      for (const { type } of events) seen.add(type)
      if (events.length === 0) break
      since = next
    }
    for (const name of [
      'completed',
      'retrying',
      'failed',
      'rejected',
      'released',
      'canceled',
      'progress',
      'started',
    ]) {
      expect(seen).toContain(`amos.task.${name}`)
    }
    for (const name of ['registered', 'updated', 'online', 'draining', 'removed']) {
      expect(seen).toContain(`amos.agent.${name}`)
    }
    for (const name of ['created', 'coordinator_changed', 'updated'])
      expect(seen).toContain(`amos.swarm.${name}`)
  })
})
