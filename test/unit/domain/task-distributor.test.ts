import { describe, expect, it } from 'vitest'
import { AgentRegistry } from '#domain/agents/agent-registry.ts'
import type { DistributionContext } from '#domain/distribution/distribution-strategy.ts'
import { leastLoaded } from '#domain/distribution/strategies/least-loaded.ts'
import { TaskDistributor } from '#domain/distribution/task-distributor.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import { sessionId, swarmEpoch } from '#domain/model/ids.ts'
import { ORCHESTRATOR_DEFAULTS } from '#domain/orchestration/orchestrator-options.ts'
import { PriorityScheduler } from '#domain/resources/priority-scheduler.ts'
import { MemoryReadyQueue } from '#infra/embedded/memory-ready-queue.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { sampleAgent, sampleEntry } from '../../helpers/sample-records.ts'
import { anAgent, Cluster, SCOPE, submit } from './cluster.ts'

/** A distributor over 1 000 waiting tasks and one agent with three slots, whose assignments are never answered. */
async function distributorUnder(isWanted: (context: DistributionContext) => boolean) {
  const cluster = new Cluster()
  const { clock } = cluster
  const node = await cluster.node()
  const { infra, swarm, logger } = node
  const { nodeId } = infra.coordination
  const reminders = new Reminders({ clock })
  const journal = new SwarmJournal(
    { scope: SCOPE, epoch: swarmEpoch(1) },
    { ...infra, events: swarm.events, reminders, logger, onFenced: () => undefined },
  )
  const queue = new MemoryReadyQueue({ clock, onClose: () => undefined })
  const registry: AgentRegistry = new AgentRegistry(
    { ...ORCHESTRATOR_DEFAULTS, agentsMax: () => 10 },
    { journal, clock, logger, reminders, onRoom: () => distributor.wake(), onFound: () => undefined },
  )
  const offered: number[] = []
  const assigned: string[] = []
  const distributor = new TaskDistributor(
    { windowMax: 10_000, waitingMax: () => 10_000 },
    {
      strategy: {
        ...leastLoaded,
        plan: (context) => {
          offered.push(context.tasks.length)
          return isWanted(context) ? leastLoaded.plan(context) : []
        },
      },
      queue,
      scheduler: new PriorityScheduler(),
      registry,
      clock,
      random: new SeededRandom(1),
      logger,
      isOpen: () => true,
      assign: ({ entry, agentId }) => {
        assigned.push(entry.taskId)
        registry.get(agentId).reserve(entry.resources)
        registry.refresh(registry.get(agentId))
        return new Promise(() => undefined)
      },
    },
  )
  await queue.add(Array.from({ length: 400 }, (_, index) => sampleEntry(`t${1_000 + index}`)))
  const capabilities = [{ name: 'review', proficiency: 1, cost: 1 }]
  const ada = registry.adopt(
    sampleAgent('ada', { spec: { name: 'ada', capabilities, slots: 3, resources: {}, labels: {} } }),
  )
  ada.session = { nodeId, sessionId: sessionId('ada-1') }
  registry.refresh(ada)
  await cluster.pass(0)
  return { offered, assigned }
}

describe('TaskDistributor', () => {
  it('waits between tries while the store refuses, and goes on by itself', async () => {
    let isStoreDown = false
    let refusals = 0
    const cluster = new Cluster({
      faultFor: () => {
        if (!isStoreDown) return undefined
        refusals += 1
        // Tries without a pause would never let this test go on.
        return refusals < 1_000 ? { fail: 'before_commit' } : { delayMs: 3_600_000 }
      },
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    await submit(node, 't1', { delayMs: 100 })
    await submit(node, 't2', { delayMs: 100 })
    isStoreDown = true
    await cluster.pass(1_000)
    expect(refusals).toBeGreaterThan(0)
    expect(refusals).toBeLessThanOrEqual(2 * (1 + 1_000 / 200))
    expect(ada.assignments).toEqual([])

    isStoreDown = false
    await cluster.pass(1_000)
    expect(ada.assignments.map(({ taskId }) => taskId).toSorted()).toEqual(['t1', 't2'])
  })

  it('offers its strategy as many tasks as there is room for, however many wait', async () => {
    const { offered, assigned } = await distributorUnder(() => true)
    expect(offered).toEqual([3])
    expect(assigned).toEqual(['t1000', 't1001', 't1002'])
  })

  it('offers more to a strategy that wants none of those', async () => {
    const { offered, assigned } = await distributorUnder(({ tasks }) => tasks.length > 3)
    expect(offered).toEqual([3, 256])
    expect(assigned).toHaveLength(3)
  })

  it('asks no third time', async () => {
    const { offered, assigned } = await distributorUnder(() => false)
    expect(offered).toEqual([3, 256])
    expect(assigned).toEqual([])
  })
})
