import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeId, swarmEpoch } from '#domain/model/ids.ts'
import { RecordKinds } from '#domain/model/record-kind.ts'
import { RECORD_KINDS } from '#domain/orchestration/record-kinds.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { putNumber, sampleEntry, sampleEvent } from '../helpers/sample-records.ts'
import { describeCoordination } from './coordination.contract.ts'
import { freshScope, type InfraUnderTest, openSwarm, write } from './infra-under-test.ts'
import { describeMemory } from './memory.contract.ts'
import type { NodesUnderTest } from './nodes-under-test.ts'
import { describePeers } from './peers.contract.ts'
import { describeReadyQueue } from './ready-queue.contract.ts'
import { NOTE_RECORDS } from './swarm-store/timed-lists.ts'
import { describeSwarmStore } from './swarm-store.contract.ts'
import { describeTrails } from './trails.contract.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' })
})
afterAll(() => redis.close())

const clock = new SystemClock()

function openNode(): Promise<Infra> {
  const kinds = new RecordKinds([...RECORD_KINDS.all, NOTE_RECORDS])
  const options = { url: redis.url, nodeId: nodeId(randomUUID()), kinds }
  return createRedisInfra(options, { clock, logger: new MemoryLogger() })
}

async function setup(): Promise<InfraUnderTest> {
  let infra = await openNode()
  return {
    get infra() {
      return infra
    },
    clock,
    reopen: async () => {
      await infra.close()
      infra = await openNode()
    },
    pass: (ms) => delay(ms),
    teardown: () => infra.close(),
  }
}

async function setupNodes(): Promise<NodesUnderTest> {
  const nodes = [await openNode(), await openNode(), await openNode()] as const
  return {
    nodes,
    teardown: async () => {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
}

describeSwarmStore('redis', setup)
describeTrails('redis', setup)
describeReadyQueue('redis', setup)
describeMemory('redis', setup)
describeCoordination('redis', setupNodes)
describePeers('redis', setupNodes)

describe('Redis adapters', () => {
  it('leave nothing of a dropped swarm but what keeps its numbers from being given again', async () => {
    const t = await setup()
    const swarm = await openSwarm(t)
    const entry = sampleEntry('a', { rank: clock.now() })
    await t.infra.readyQueueFor(swarm.scope, swarm.epoch).add([entry])
    await write(t, swarm, { writes: [putNumber('a', 1)], events: [sampleEvent('a')], ready: [entry] })
    await t.infra.store.drop(swarm.scope, swarm.epoch)
    await t.infra.coordination.release(swarm.scope)
    const client = new Redis(redis.url)
    expect(await client.keys(`amos:{${swarm.scope}}*`)).toEqual([`amos:{${swarm.scope}}:meta`])
    expect(await client.hkeys(`amos:{${swarm.scope}}:meta`)).toEqual([
      'epoch',
      'sequence',
      'runId',
      'storeId',
    ])
    client.disconnect()
    await t.teardown()
  })

  it('hand out at once what is added while somebody waits for it', async () => {
    const t = await setup()
    const swarm = await openSwarm(t)
    const queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
    const taken: string[] = []
    const take = async (): Promise<void> => {
      taken.push(...(await queue.take(10)).map(({ taskId }) => taskId))
    }
    queue.onReady(() => void take())
    await take()
    for (const id of ['first', 'second', 'third']) {
      const now = clock.now()
      await write(t, swarm, { ready: [sampleEntry(id, { rank: now })] })
      await eventually(() => taken.includes(id), { timeoutMs: 300, everyMs: 1 })
    }
    expect(taken).toEqual(['first', 'second', 'third'])
    await t.teardown()
  })

  it('hear on when somebody publishes what no node would', async () => {
    const { nodes, teardown } = await setupNodes()
    const notices: unknown[] = []
    const handlers = {
      call: async () => null,
      cutOff: () => {},
      unreceived: () => {},
      news: () => {},
      peerLost: () => {},
      missed: () => {},
      appended: () => {},
    }
    await nodes[0].peers.start({ ...handlers, notice: ({ body }) => notices.push(body) })
    await nodes[1].peers.start({ ...handlers, notice: () => {} })
    const client = new Redis(redis.url)
    for (const rubbish of ['', '{', 'null', '{"from":1,"messages":7}']) {
      await client.publish(`amos:node:${nodes[0].peers.nodeId}`, rubbish)
    }
    client.disconnect()
    nodes[1].peers.notify(nodes[0].peers.nodeId, {
      scope: freshScope(),
      epoch: swarmEpoch(1),
      topic: 'news',
      body: 'good',
    })
    await eventually(() => notices.length > 0)
    expect(notices).toEqual(['good'])
    await teardown()
  })

  it('know what was lost while the connection that listens was gone, at either end', async () => {
    const { nodes, teardown } = await setupNodes()
    const [first, second] = nodes
    const heard: unknown[] = []
    const unreceived: unknown[] = []
    let missedCount = 0
    const handlers = { call: async () => null, news: () => {}, peerLost: () => {}, appended: () => {} }
    await first.peers.start({
      ...handlers,
      notice: () => {},
      missed: () => {},
      cutOff: () => {},
      unreceived: (peer, notices) => unreceived.push(...notices.map(({ body }) => ({ peer, body }))),
    })
    await second.peers.start({
      ...handlers,
      notice: ({ body }) => heard.push(body),
      missed: () => {
        missedCount += 1
      },
      cutOff: () => {},
      unreceived: () => {},
    })
    const peer = second.peers.nodeId
    const client = new Redis(redis.url)
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    for (let body = 0; unreceived.length + heard.length === 0; body += 1) {
      first.peers.notify(peer, { scope: freshScope(), epoch: swarmEpoch(1), topic: 'news', body })
      await eventually(() => unreceived.length + heard.length > body)
    }
    await eventually(() => missedCount === 1)
    first.peers.notify(peer, {
      scope: freshScope(),
      epoch: swarmEpoch(1),
      topic: 'news',
      body: 'heard again',
    })
    await eventually(() => heard.includes('heard again'))
    expect(unreceived).toContainEqual({ peer, body: 0 })
    client.disconnect()
    await teardown()
  })

  it('bring what is for all nodes over a connection that was lost and is back', async () => {
    const { nodes, teardown } = await setupNodes()
    const [ada, bob] = nodes
    let missedCount = 0
    const heard: unknown[] = []
    const handlers = {
      call: async () => null,
      notice: () => {},
      cutOff: () => {},
      unreceived: () => {},
      news: () => {},
      peerLost: () => {},
      missed: () => {},
      appended: () => {},
    }
    await ada.peers.start(handlers)
    await bob.peers.start({
      ...handlers,
      news: ({ body }) => heard.push(body),
      missed: () => (missedCount += 1),
    })
    const client = new Redis(redis.url)
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    client.disconnect()
    await eventually(() => missedCount > 0)
    ada.peers.notifyAll({ scope: freshScope(), topic: 'news', body: 'after' })
    await eventually(() => heard.length > 0)
    expect(heard).toEqual(['after'])
    await teardown()
  })
})
