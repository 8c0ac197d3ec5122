import { afterEach, describe, expect, it } from 'vitest'
import { SwarmAgent, type SwarmAgentOptions, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

describe('agents that talk through the SDK', { timeout: 60_000 }, () => {
  const nodes: TestNode[] = []
  const agents: SwarmAgent[] = []
  let redis: RedisServer | undefined

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await Promise.all(nodes.splice(0).map((node) => node.close()))
    await redis?.close()
    redis = undefined
  })

  async function newNode(settings: Record<string, string> = {}): Promise<TestNode> {
    const node = await startTestNode(settings)
    nodes.push(node)
    return node
  }

  function newAgent(url: string, agentId: string, options: Partial<SwarmAgentOptions> = {}): SwarmAgent {
    const agent = new SwarmAgent({ url, agentId, ...options })
    agents.push(agent)
    return agent
  }

  it('ask and answer, publish and subscribe, in either format of frames', async () => {
    const { url } = await newNode()
    const heard: unknown[] = []
    const ada = newAgent(url, 'ada', { frames: 'msgpack' })
    const bob = newAgent(url, 'bob').onMessage(({ kind, payload }) => {
      if (kind !== 'request') heard.push(payload)
      return { echo: payload }
    })
    await Promise.all([ada.start(), bob.start()])
    expect(await ada.request('bob', { q: 'é' })).toEqual({ echo: { q: 'é' } })
    await bob.subscribe('news', ({ payload }) => heard.push(['news', payload]))
    expect(await ada.publish('news', 1)).toMatchObject({ deliveredTo: 1 })
    expect(await ada.broadcast(2)).toMatchObject({ deliveredTo: 1 })
    expect(await ada.send('bob', 3)).toMatchObject({ deliveredTo: 1, path: ['ada', 'bob'] })
    await eventually(() => expect(heard).toEqual([['news', 1], 2, 3]))
    await bob.unsubscribe('news')
    expect(await ada.publish('news', 4)).toMatchObject({ deliveredTo: 0 })
  })

  it('are told when no reply comes, and when the swarm refuses a request', async () => {
    const { url } = await newNode()
    const ada = newAgent(url, 'ada')
    const mute = newAgent(url, 'mute')
    await Promise.all([ada.start(), mute.start()])
    await expect(ada.request('mute', 1, { timeoutMs: 100 })).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(ada.request('nobody', 1)).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('get durable messages until their handler has dealt with them, and no more often', async () => {
    const { url } = await newNode()
    const client = new SwarmClient({ url })
    const ada = newAgent(url, 'ada')
    await ada.start()
    await client.registerAgent({ agentId: 'bob' })
    for (const text of ['1', '2', '3']) await ada.send('bob', text, { isDurable: true })
    const handled: unknown[] = []
    let isBroken = true
    const errors: string[] = []
    const bob = newAgent(url, 'bob', {
      onNotice: (notice) => {
        if (notice.type === 'error') errors.push(notice.error.message)
      },
    }).onMessage(({ payload }) => {
      if (payload === '2' && isBroken) throw new Error('not now')
      handled.push(payload)
    })
    await bob.start()
    await eventually(() => expect(handled).toEqual(['1', '3']))
    expect(errors).toEqual(['not now'])
    await eventually(async () =>
      expect((await client.inbox('bob')).messages).toMatchObject([{ payload: '2' }]),
    )
    isBroken = false
    await bob.close()
    const again = newAgent(url, 'bob').onMessage(({ payload }) => handled.push(payload))
    await again.start()
    await eventually(() => expect(handled).toEqual(['1', '3', '2']))
    await eventually(async () => expect((await client.inbox('bob')).messages).toEqual([]))
  })

  it('see the topology switched under way, and go on talking', async () => {
    const { url } = await newNode()
    const client = new SwarmClient({ url })
    const got: unknown[] = []
    const first = newAgent(url, 'a')
    const team = [first, ...['b', 'c', 'd', 'e'].map((name) => newAgent(url, name))]
    for (const agent of team) await agent.onMessage(({ payload }) => got.push(payload)).start()
    const sending = Array.from({ length: 100 }, (_, index) => first.send('d', index))
    await client.switchTopology({ kind: 'ring', direction: 'two_way' })
    await Promise.all(sending)
    await eventually(() => expect(got).toEqual(Array.from({ length: 100 }, (_, index) => index)))
    expect(await first.send('d', 'last')).toMatchObject({ path: ['a', 'e', 'd'] })
    expect(await client.topology()).toMatchObject({ kind: 'ring', levels: [['a', 'b', 'c', 'd', 'e']] })
  })

  it('pass a pipeline round the ring, past one that goes away in the middle', async () => {
    const { url } = await newNode({ AMOS_RECONNECT_GRACE_MS: '200' })
    const client = new SwarmClient({ url })
    await client.switchTopology({ kind: 'ring', direction: 'one_way' })
    let hasGone = false
    for (const name of ['a', 'b', 'c', 'd']) {
      const agent = newAgent(url, name, { capabilities: ['stage'] })
      agent.handle('stage', async ({ payload }, { signal }) => {
        if ((payload as string[]).length === 2 && !hasGone) {
          hasGone = true
          void agent.close()
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))))
        }
        return [...(payload as string[]), name]
      })
      await agent.start()
    }
    const stage = { type: 'stage', capabilities: ['stage'], backoff: { baseMs: 10, factor: 2, maxMs: 100 } }
    const { tasks } = await client.submitPipeline({
      stages: Array.from({ length: 5 }, () => stage),
      payload: ['in'],
    })
    const last = await client.waitForTask(tasks.at(-1)?.taskId ?? '', { timeoutMs: 20_000 })
    expect(last.status, JSON.stringify(last)).toBe('completed')
    const [start, ...doneBy] = last.result as string[]
    const living = ['a', 'b', 'c', 'd'].filter((name) => doneBy.includes(name))
    expect([start, doneBy.length, living.length]).toEqual(['in', 5, 3])
    const first = living.indexOf(doneBy[0] ?? '')
    expect(doneBy).toEqual(doneBy.map((_, index) => living[(first + index) % 3]))
    const { events } = await client.readEvents({ since: '0', types: ['amos.task.completed'], pageSize: 100 })
    expect(events.map(({ subject }) => subject)).toEqual(tasks.map(({ taskId }) => taskId))
  })

  it('talk over two nodes on one Redis, and still when one node is gone', async () => {
    redis = await startRedis()
    const settings = { AMOS_REDIS_URL: redis.url }
    const [first, second] = [await newNode(settings), await newNode(settings)]
    const heard: string[] = []
    const ada = newAgent(first.url, 'ada').onMessage(({ payload }) => `ada got ${String(payload)}`)
    const bob = newAgent(second.url, 'bob').onMessage(({ payload }) => `bob got ${String(payload)}`)
    const eve = newAgent(second.url, 'eve', { frames: 'msgpack' })
    eve.onMessage(({ from, payload }) => heard.push(`${from} ${String(payload)}`))
    await Promise.all([ada.start(), bob.start(), eve.start()])
    expect(await ada.request('bob', 'x')).toBe('bob got x')
    expect(await bob.request('ada', 'y')).toBe('ada got y')
    await eve.subscribe('news', ({ payload }) => heard.push(`news ${String(payload)}`))
    await ada.broadcast('all')
    await ada.publish('news', 'n')
    await ada.send('eve', 'kept', { isDurable: true })
    await eventually(() => expect(heard).toEqual(['ada all', 'news n', 'ada kept']))
    await first.close()
    nodes.splice(nodes.indexOf(first), 1)
    await eventually(async () => expect(await bob.send('eve', 'after')).toMatchObject({ deliveredTo: 1 }), {
      timeoutMs: 20_000,
    })
    await eventually(() => expect(heard.at(-1)).toBe('bob after'))
  })
})
