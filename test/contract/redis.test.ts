import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { nodeId } from '#domain/ids.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '../helpers/memory-logger.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { describeCoordination } from './coordination.contract.ts'
import type { InfraUnderTest } from './infra-under-test.ts'
import type { NodesUnderTest } from './nodes-under-test.ts'
import { describePeers } from './peers.contract.ts'
import { describeReadyQueue } from './ready-queue.contract.ts'
import { describeSwarmStore } from './swarm-store.contract.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis({ appendfsync: 'always' })
})
afterAll(() => redis.close())

const clock = new SystemClock()

function openNode(): Promise<Infra> {
  const options = { url: redis.url, nodeId: nodeId(randomUUID()) }
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
describeReadyQueue('redis', setup)
describeCoordination('redis', setupNodes)
describePeers('redis', setupNodes)
