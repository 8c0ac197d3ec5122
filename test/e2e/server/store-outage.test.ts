import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { SwarmDirectory } from '#domain/cluster/swarm-directory.ts'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import { nodeId, tenantId } from '#domain/model/ids.ts'
import { ORCHESTRATOR_DEFAULTS } from '#domain/orchestration/orchestrator-options.ts'
import { CronerCalendar } from '#infra/system/croner-calendar.ts'
import { FairTurns } from '#infra/system/fair-turns.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { createConsensusCrypto } from '#infra/system/system-consensus-crypto.ts'
import { SystemRandom } from '#infra/system/system-random.ts'
import { UuidIds } from '#infra/system/uuid-ids.ts'
import { SessionRegistry } from '#server/channel/session-registry.ts'
import { createServer, type SwarmServer } from '#server/create-server.ts'
import { createMemoryInfra, type MemoryInfra } from '#simulation/memory/memory-infra.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'

const { submitTask, getTask, completeTask } = TASK_OPERATIONS
const { registerAgent, claimTasks } = AGENT_OPERATIONS
const { getLiveness, getReadiness } = SYSTEM_OPERATIONS

const swarmDefaults = { leaseMs: 10_000, limits: { openTasksMax: 1_000, agentsMax: 100, eventsMax: 10_000 } }

describe('while the store cannot be written', () => {
  let infra: MemoryInfra
  let swarms: SwarmDirectory
  let server: SwarmServer
  let client: ContractClient

  beforeEach(async () => {
    const clock = new SystemClock()
    const logger = new MemoryLogger()
    const sessions = new SessionRegistry()
    infra = createMemoryInfra({}, { medium: new MemoryMedium(), clock })
    const random = new SystemRandom()
    swarms = new SwarmDirectory(
      {
        defaultSwarm: {
          description: '',
          strategy: { kind: 'least_loaded' },
          topology: { kind: 'mesh' },
          ...swarmDefaults,
        },
        swarmsMax: 10,
        orchestrator: ORCHESTRATOR_DEFAULTS,
        sweepMs: 1_000,
        rebalanceAfterMs: 5_000,
        findCoordinatorMs: 1_000,
      },
      {
        ...infra,
        sessions,
        clock,
        random,
        logger,
        consensusCrypto: createConsensusCrypto(),
        calendar: new CronerCalendar(),
        workers: new InlineWorkers(),
      },
    )
    server = await createServer(
      {
        nodeId: nodeId('node-1'),
        version: '0.0.0',
        apiKeys: undefined,
        pageTokenSecret: 'a secret',
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
        drainMs: 100,
        maxAttempts: 3,
        swarmDefaults,
      },
      {
        swarms,
        store: infra.store,
        losses: infra.losses,
        sessions,
        workers: new InlineWorkers(),
        clock,
        turns: new FairTurns({ clock, nextTurn: setImmediate }),
        ids: new UuidIds({ clock }),
        logger,
      },
    )
    await swarms.start([tenantId('default')])
    client = new ContractClient(await server.listen({ host: '127.0.0.1', port: 0 }))
  })
  afterEach(async () => {
    await server.close()
    await swarms.stop()
    await infra.close()
  })

  it('answers submits with 503 and Retry-After, is live and not ready, and resumes by itself', async () => {
    await client.call(registerAgent, { body: { agentId: 'a', capabilities: [{ name: 'x' }], slots: 2 } })
    const before = await client.call(submitTask, { body: { type: 'x', capabilities: ['x'] } })
    infra.store.setUnwritable('no space left on the disk')

    const began = performance.now()
    const refused = await client.call(submitTask, { body: { type: 'x', capabilities: ['x'] } })
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(refused.body).toMatchObject({ status: 503, code: 'store_unavailable', retryable: true })
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    const readiness = await client.call(getReadiness)
    expect(readiness.body).toMatchObject({ status: 'not_ready', reasons: ['no space left on the disk'] })
    expect((await client.call(getLiveness)).status).toBe(200)
    expect((await client.call(getTask, { params: { taskId: before.body.taskId } })).status).toBe(200)

    infra.store.setUnwritable(undefined)
    await eventually(async () => (await client.call(getReadiness)).status === 200)
    const after = await client.call(submitTask, { body: { type: 'x', capabilities: ['x'] } })
    expect(after.status).toBe(201)
    for (const taskId of [before.body.taskId, after.body.taskId]) {
      const claim = await client.call(claimTasks, { params: { agentId: 'a' }, body: { waitMs: 5_000 } })
      const [assignment] = claim.body.assignments
      expect(assignment?.taskId).toBe(taskId)
      const done = await client.call(completeTask, {
        params: { taskId },
        body: { agentId: 'a', fencingToken: assignment?.fencingToken },
      })
      expect(done.body['status']).toBe('completed')
    }
  })

  it('answers frames with store_unavailable, and takes the same report once it is back', async () => {
    await client.call(registerAgent, { body: { agentId: 'a', capabilities: [{ name: 'x' }] } })
    const channel = await FrameClient.open(client.url, '/v1/swarms/default/agents/a/channel')
    channel.send({ type: 'hello' })
    await channel.next('welcome')
    await client.call(submitTask, { body: { type: 'x', capabilities: ['x'] } })
    const { taskId, fencingToken } = await channel.next('task.assigned')
    const report = { type: 'task.complete', taskId, fencingToken, result: 1 }
    infra.store.setUnwritable('no space left on the disk')
    channel.send({ ...report, requestId: 1 })
    expect(await channel.next('error')).toMatchObject({
      requestId: 1,
      code: 'store_unavailable',
      retryable: true,
    })
    infra.store.setUnwritable(undefined)
    channel.send({ ...report, requestId: 2 })
    expect(await channel.next('ack')).toMatchObject({ requestId: 2, result: { status: 'completed' } })
    await channel.close()
  })
})
