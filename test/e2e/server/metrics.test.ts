import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { MESSAGE_OPERATIONS } from '#contract/operations/message-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { type Family, lintMetrics, parseMetrics } from '../../helpers/metrics-text.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, submitTaskBatch, completeTask } = TASK_OPERATIONS
const { registerAgent, claimTasks } = AGENT_OPERATIONS

describe('the metrics', () => {
  let node: TestNode
  let client: ContractClient

  beforeAll(async () => {
    node = await startTestNode({ AMOS_METRIC_TASK_TYPES_MAX: '3', AMOS_METRIC_SWARMS_MAX: '2' })
    client = new ContractClient(node.url)
    await client.call(registerAgent, { body: { agentId: 'agent-of-metrics', capabilities: [{ name: 'a' }] } })
    const { body } = await client.call(submitTask, { body: { type: 'review', capabilities: ['a'] } })
    const claim = await client.call(claimTasks, {
      params: { agentId: 'agent-of-metrics' },
      body: { waitMs: 5_000 },
    })
    const { fencingToken } = claim.body.assignments[0]!
    await client.call(completeTask, {
      params: { taskId: body.taskId },
      body: { agentId: 'agent-of-metrics', fencingToken },
    })
    await client.call(MESSAGE_OPERATIONS.sendMessage, {
      body: { to: { kind: 'topic', topic: 'news' }, payload: 1 },
    })
    const types = Array.from({ length: 40 }, (_, index) => ({
      type: `type-${index}`,
      capabilities: ['none'],
    }))
    await client.call(submitTaskBatch, { body: { tasks: types } })
    for (const swarmId of ['s1', 's2', 's3', 's4']) {
      await client.call(SWARM_OPERATIONS.createSwarm, { body: { swarmId } })
      await client.call(submitTask, { params: { swarmId }, body: { type: 'review', capabilities: ['none'] } })
    }
  })
  afterAll(() => node.close())

  async function read(): Promise<readonly Family[]> {
    return parseMetrics((await client.call(SYSTEM_OPERATIONS.getMetrics)).body as unknown as string)
  }

  function valueOf(
    families: readonly Family[],
    name: string,
    labels: Record<string, string>,
  ): number | undefined {
    const samples = families.flatMap((family) => family.samples)
    const isWanted = (sample: (typeof samples)[number]): boolean =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    const found = samples.filter(isWanted)
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  it('keep the conventions of Prometheus', async () => {
    const families = await read()
    expect(families.length).toBeGreaterThan(20)
    expect(lintMetrics(families)).toEqual([])
  })

  it('say of tasks their swarm, their type and what became of them', async () => {
    const families = await read()
    const review = { tenant: 'default', swarm: 'default', type: 'review' }
    expect(valueOf(families, 'amos_tasks_total', { ...review, outcome: 'submitted' })).toBe(1)
    expect(valueOf(families, 'amos_tasks_total', { ...review, outcome: 'completed' })).toBe(1)
    expect(valueOf(families, 'amos_task_wait_seconds_count', review)).toBe(1)
    expect(valueOf(families, 'amos_task_run_seconds_count', review)).toBe(1)
    expect(valueOf(families, 'amos_task_run_seconds_bucket', { ...review, le: '+Inf' })).toBe(1)
    expect(valueOf(families, 'amos_open_tasks', { swarm: 'default', phase: 'queued' })).toBe(40)
    expect(valueOf(families, 'amos_messages_total', { kind: 'topic', outcome: 'sent' })).toBe(1)
    expect(valueOf(families, 'amos_swarms_coordinated', {})).toBe(5)
  })

  it('have no more series than they may, and count the rest together', async () => {
    const families = await read()
    const tasks = families.find(({ name }) => name === 'amos_tasks_total')?.samples ?? []
    const ofDefault = tasks.filter(({ labels }) => labels['swarm'] === 'default')
    expect(new Set(ofDefault.map(({ labels }) => labels['type'])).size).toBe(4)
    expect(valueOf(families, 'amos_tasks_total', { swarm: 'default', outcome: 'submitted' })).toBe(41)
    expect(
      valueOf(families, 'amos_tasks_total', { swarm: 'default', type: 'other', outcome: 'submitted' }),
    ).toBe(38)
    expect(new Set(tasks.map(({ labels }) => labels['swarm'])).size).toBe(3)
    expect(valueOf(families, 'amos_tasks_total', { swarm: 'other', outcome: 'submitted' })).toBe(3)
  })

  it('name no agent and no task', async () => {
    const text = (await client.call(SYSTEM_OPERATIONS.getMetrics)).body as unknown as string
    expect(text).not.toContain('agent-of-metrics')
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
  })
})

describe('lintMetrics', () => {
  it.each([
    ['a counter by another name', '# HELP a_b x\n# TYPE a_b counter\na_b 1'],
    ['a gauge by the name of a counter', '# HELP a_total x\n# TYPE a_total gauge\na_total 1'],
    ['a quantile of a gauge', '# HELP a x\n# TYPE a gauge\na{quantile="0.5"} 1'],
    ['a unit that is no base unit', '# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1'],
    ['no help', '# HELP a \n# TYPE a gauge\na 1'],
    ['a series twice', '# HELP a x\n# TYPE a gauge\na{b="c"} 1\na{b="c"} 2'],
    [
      'buckets that shrink',
      '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_count 1',
    ],
  ])('finds %s', (_, text) => {
    expect(lintMetrics(parseMetrics(text))).toHaveLength(1)
  })
})
