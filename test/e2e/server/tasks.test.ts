import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, submitTaskBatch, listTasks, getTask, getTaskDecision, cancelTask, retryTask } =
  TASK_OPERATIONS
const { reportProgress, completeTask, failTask, releaseTask } = TASK_OPERATIONS
const { registerAgent, claimTasks, heartbeatAgent } = AGENT_OPERATIONS

describe('tasks over HTTP', () => {
  let node: TestNode
  let client: ContractClient

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
  })
  afterAll(() => node.close())

  /** A task that an agent of its own holds. */
  async function claimed(task: object = {}) {
    const name = `skill-${crypto.randomUUID()}`
    const agent = await client.call(registerAgent, { body: { capabilities: [{ name }] } })
    const submitted = await client.call(submitTask, { body: { type: 'test', capabilities: [name], ...task } })
    const { agentId } = agent.body
    const claim = await client.call(claimTasks, { params: { agentId }, body: { waitMs: 5_000 } })
    const [assignment] = claim.body.assignments
    return { agentId, ...assignment!, taskId: submitted.body.taskId }
  }

  it('keeps payload and result as they came, unicode included', async () => {
    const payload = {
      text: 'žluťoučký 🦄 \u2028 "\\',
      numbers: [0, -1.5e-7, 2 ** 53],
      deep: [[[{}]]],
      none: null,
    }
    const { agentId, taskId, fencingToken } = await claimed({ payload })
    const result = { list: [1, null, 'ß'] }
    await client.call(completeTask, { params: { taskId }, body: { agentId, fencingToken, result } })
    const { body } = await client.call(getTask, { params: { taskId } })
    expect(body).toMatchObject({ status: 'completed', phase: 'done', payload, result })
  })

  it('answers a submit with 201, an address and the durability it really has', async () => {
    const { status, headers, body } = await client.call(submitTask, {
      body: { type: 'nobody-does-this', capabilities: ['none'] },
    })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/v1/swarms/default/tasks/${body.taskId}`)
    expect(body).toMatchObject({ status: 'submitted', phase: 'queued', attempt: 0, durability: 'synced' })
  })

  it('takes all tasks of a batch or none', async () => {
    const parentTaskId = '00000000-0000-0000-0000-000000000000'
    const good = { type: 'batch-test', capabilities: ['none'] }
    const refused = await client.call(submitTaskBatch, { body: { tasks: [good, { ...good, parentTaskId }] } })
    expect(refused.body['code']).toBe('parent_not_open')
    const none = await client.call(listTasks, { query: { type: 'batch-test' } })
    expect(none.body.tasks).toEqual([])
    const accepted = await client.call(submitTaskBatch, { body: { tasks: [good, good] } })
    expect(accepted.status).toBe(201)
    const both = await client.call(listTasks, { query: { type: 'batch-test' } })
    expect(both.body.tasks).toHaveLength(2)
  })

  it('leads a repeated submit with one Idempotency-Key to one task', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const body = { type: 'once', capabilities: ['none'] }
    const first = await client.call(submitTask, { headers, body })
    const again = await client.call(submitTask, { headers, body })
    expect(again.status).toBe(201)
    expect(again.body.taskId).toBe(first.body.taskId)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const other = await client.call(submitTask, { headers, body: { ...body, priority: 1 } })
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
    const batch = await client.call(submitTaskBatch, { headers, body: { tasks: [body] } })
    expect(batch.body['code']).toBe('idempotency_key_reused')
  })

  it('refuses a stale token and changes nothing', async () => {
    const { agentId, taskId, fencingToken } = await claimed()
    const stale = { agentId, fencingToken: fencingToken - 1 }
    for (const [operation, more] of [
      [reportProgress, {}],
      [completeTask, { result: 1 }],
      [failTask, { failure: { code: 'x', message: 'x' } }],
      [releaseTask, {}],
    ] as const) {
      const { body } = await client.call(operation, { params: { taskId }, body: { ...stale, ...more } })
      expect(body).toMatchObject({ status: 409, code: 'lease_lost', details: { taskId, heldBy: agentId } })
    }
    const { body } = await client.call(getTask, { params: { taskId } })
    expect(body).toMatchObject({ status: 'working', phase: 'running', lease: { agentId, fencingToken } })
  })

  it('answers a repeated completion as the first, and another one with lease_lost', async () => {
    const { agentId, taskId, fencingToken } = await claimed()
    const report = { params: { taskId }, body: { agentId, fencingToken, result: 1 } }
    const first = await client.call(completeTask, report)
    const again = await client.call(completeTask, report)
    expect(again.body).toEqual(first.body)
    const failed = await client.call(failTask, {
      params: { taskId },
      body: { agentId, fencingToken, failure: { code: 'late', message: 'changed my mind' } },
    })
    expect(failed.body['code']).toBe('lease_lost')
  })

  it('gives a released task back with its attempt, and a failed one another attempt', async () => {
    const { agentId, taskId, fencingToken } = await claimed({ backoff: { baseMs: 0, maxMs: 0 } })
    const released = await client.call(releaseTask, { params: { taskId }, body: { agentId, fencingToken } })
    expect(released.body).toMatchObject({
      status: 'submitted',
      attempt: 0,
      attempts: [{ outcome: 'released' }],
    })
    const claim = await client.call(claimTasks, { params: { agentId }, body: { waitMs: 5_000 } })
    const [second] = claim.body.assignments
    expect(second!.fencingToken).toBeGreaterThan(fencingToken)
    const failed = await client.call(failTask, {
      params: { taskId },
      body: { agentId, fencingToken: second!.fencingToken, failure: { code: 'no_luck', message: 'again' } },
    })
    expect(failed.body).toMatchObject({ attempt: 1, failure: { code: 'no_luck' } })
    expect(['retrying', 'queued']).toContain(failed.body['phase'])
  })

  it('cancels a task with its parts, and does a finished one again as a new one', async () => {
    const parent = await client.call(submitTask, { body: { type: 'whole', capabilities: ['none'] } })
    const parentTaskId = parent.body.taskId
    const part = await client.call(submitTask, {
      body: { type: 'part', capabilities: ['none'], parentTaskId },
    })
    const canceled = await client.call(cancelTask, { params: { taskId: parentTaskId } })
    expect(canceled.body).toMatchObject({ status: 'canceled', failure: { code: 'canceled' } })
    const partNow = await client.call(getTask, { params: { taskId: part.body.taskId } })
    expect(partNow.body['status']).toBe('canceled')
    const twice = await client.call(cancelTask, { params: { taskId: parentTaskId } })
    expect(twice.body).toEqual(canceled.body)
    const retried = await client.call(retryTask, { params: { taskId: parentTaskId } })
    expect(retried.status).toBe(201)
    expect(retried.body).toMatchObject({ retryOf: parentTaskId, type: 'whole', status: 'submitted' })
    const early = await client.call(retryTask, { params: { taskId: retried.body.taskId } })
    expect(early.body).toMatchObject({ status: 409, code: 'task_not_finished' })
  })

  it('refuses to cancel what is completed', async () => {
    const { agentId, taskId, fencingToken } = await claimed()
    await client.call(completeTask, { params: { taskId }, body: { agentId, fencingToken } })
    const { body } = await client.call(cancelTask, { params: { taskId } })
    expect(body).toMatchObject({ status: 409, code: 'task_finished', details: { status: 'completed' } })
  })

  it('explains an assignment, and says so while there is none', async () => {
    const { agentId, taskId, fencingToken } = await claimed()
    const decision = await client.call(getTaskDecision, { params: { taskId } })
    expect(decision.body).toMatchObject({ taskId, agentId, fencingToken, candidateCount: 1, attempt: 1 })
    const waiting = await client.call(submitTask, { body: { type: 'waits', capabilities: ['none'] } })
    const missing = await client.call(getTaskDecision, { params: { taskId: waiting.body.taskId } })
    expect(missing.body).toMatchObject({ status: 404, code: 'decision_not_found' })
  })

  it('says what an HTTP agent still holds when it sends a heartbeat', async () => {
    const { agentId, taskId, fencingToken } = await claimed()
    const held = [
      { taskId, fencingToken },
      { taskId: 'some-other-task', fencingToken: 1 },
    ]
    const { body } = await client.call(heartbeatAgent, { params: { agentId }, body: { held } })
    expect(body).toMatchObject({
      kept: [taskId],
      lost: ['some-other-task'],
      transport: 'http',
      leaseMs: 10_000,
    })
  })

  it('answers a claim without work after the wait it asked for', async () => {
    const { body: agent } = await client.call(registerAgent, { body: { capabilities: [{ name: 'idle' }] } })
    const began = performance.now()
    const { body } = await client.call(claimTasks, {
      params: { agentId: agent['agentId'] },
      body: { waitMs: 300 },
    })
    expect(body).toEqual({ assignments: [] })
    expect(performance.now() - began).toBeGreaterThanOrEqual(295)
  })

  it('pages through tasks without loss or repetition', async () => {
    const tasks = Array.from({ length: 7 }, () => ({ type: 'paged', capabilities: ['none'] }))
    const batch = await client.call(submitTaskBatch, { body: { tasks } })
    const submitted = batch.body.tasks.map(({ taskId }) => taskId)
    const seen: string[] = []
    let pageToken: string | undefined
    do {
      const query = { type: 'paged', pageSize: '3', ...(pageToken === undefined ? {} : { pageToken }) }
      const { body } = await client.call(listTasks, { query })
      seen.push(...(body.tasks as unknown as { taskId: string }[]).map(({ taskId }) => taskId))
      pageToken = body.nextPageToken
    } while (pageToken !== undefined)
    expect(seen).toEqual(submitted.toReversed())
  })
})
