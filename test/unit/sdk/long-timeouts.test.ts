import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventItem, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { reply, ScriptedHub } from './scripted-hub.ts'

/** Longer than a platform's timer takes; each of them was over at once. */
const LONG = [2 ** 31, 30 * 86_400_000, Number.MAX_VALUE, Number.POSITIVE_INFINITY]
const NONE = [-1, Number.NaN, Number.NEGATIVE_INFINITY, '5' as unknown as number]
/** Longer than the one millisecond after which such a timer fired. */
const A_WHILE_MS = 50

describe('a time-out longer than a timer of the platform', () => {
  let server: Server
  let url: string
  let status = 'working'

  beforeEach(async () => {
    status = 'working'
    server = createServer((request, response) => {
      const isEvents = request.url?.includes('/events') === true
      setTimeout(() => {
        reply(response, 200, isEvents ? { events: [], lastSequence: 0 } : { taskId: 't1', status })
      }, A_WHILE_MS)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  async function* openFeed(): AsyncGenerator<EventItem> {
    await delay(A_WHILE_MS)
    status = 'completed'
    yield { type: 'event', event: { id: '1' } } as EventItem
  }

  it.each(LONG)('is waited for: %d ms for an answer, a task and a decision', async (timeoutMs) => {
    const client = new SwarmClient({ url, timeoutMs, retryForMs: timeoutMs, openFeed })
    expect(await client.getTask('t1')).toMatchObject({ status: 'working' })
    expect(await client.waitForTask('t1', { timeoutMs })).toMatchObject({ status: 'completed' })
    status = 'open'
    expect(await client.consensus.waitForDecision('p1', { timeoutMs })).toMatchObject({ status: 'completed' })
  })

  it.each(LONG)(
    'is waited for by agents: %d ms for a reply, a task and the next heartbeat',
    async (timeoutMs) => {
      const hub = await ScriptedHub.listen()
      hub.answers.acknowledges.add('message.send')
      hub.answers.heartbeatMs = Math.min(timeoutMs, Number.MAX_VALUE)
      const agent = new SwarmAgent({ url: hub.url, agentId: 'ada' })
      agent.handle('*', () => delay(A_WHILE_MS, 'done'))
      await agent.start()
      const channel = await hub.channel()
      const asked = agent.request('bob', 'question', { timeoutMs })
      const { correlationId = '', ttlMs } = await channel.frame('message.send')
      expect(ttlMs).toBeLessThanOrEqual(30 * 86_400_000)
      await delay(A_WHILE_MS)
      channel.send({
        type: 'message',
        messageId: 'm1',
        from: 'bob',
        to: { kind: 'agent', agentId: 'ada' },
        kind: 'reply',
        correlationId,
        payload: 'answer',
        sentAt: '2026-01-01T12:00:00.000Z',
        isDurable: false,
        path: ['bob', 'ada'],
        topologyVersion: 1,
      })
      expect(await asked).toBe('answer')
      channel.assign('t1', { timeoutMs: Math.min(timeoutMs, Number.MAX_VALUE) })
      expect(await channel.frame('task.complete')).toMatchObject({ result: 'done' })
      expect(channel.frames.filter(({ type }) => type === 'heartbeat')).toEqual([])
      await agent.close()
      await hub.close()
    },
  )

  it.each(NONE)('is refused where it is none: %s', async (timeoutMs) => {
    expect(() => new SwarmClient({ url, timeoutMs })).toThrow(RangeError)
    expect(() => new SwarmClient({ url, retryForMs: timeoutMs })).toThrow(RangeError)
    await expect(new SwarmClient({ url }).waitForTask('t1', { timeoutMs })).rejects.toThrow(RangeError)
    await expect(new SwarmAgent({ url }).request('bob', 1, { timeoutMs })).rejects.toThrow(RangeError)
  })

  it('is kept where it is short', async () => {
    const client = new SwarmClient({ url, openFeed: () => never() })
    await expect(client.waitForTask('t1', { timeoutMs: 3 * A_WHILE_MS })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    const impatient = new SwarmClient({ url, timeoutMs: 1, retryForMs: 0 })
    await expect(impatient.getTask('t1')).rejects.toMatchObject({ code: 'connection_failed' })
  })
})

// oxlint-disable-next-line require-yield
async function* never(): AsyncGenerator<EventItem> {
  await new Promise((resolve) => setTimeout(resolve, 1_000).unref())
}
