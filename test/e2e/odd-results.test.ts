import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}

/** What a handler returns, and the code its task fails with; undefined where the result may be kept as well. */
const RESULTS: readonly (readonly [string, () => unknown, string | undefined])[] = [
  ['a name of the prototype', () => JSON.parse('{"__proto__":1}') as unknown, undefined],
  ['another name of the prototype', () => ({ constructor: { prototype: 1 } }), undefined],
  ['lists 40 deep', () => nested(40), 'json_too_deep'],
  ['lists 60 000 deep', () => nested(60_000), undefined],
  ['half of a surrogate pair', () => '\ud83d', undefined],
  ['too many bytes', () => 'x'.repeat(200_000), 'result_too_large'],
  ['too many bytes as UTF-8', () => 'é'.repeat(70_000), 'result_too_large'],
  ['characters that are long as JSON', () => '\u0000'.repeat(30_000), 'result_too_large'],
  ['a bigint', () => 5n, 'result_invalid'],
]

describe.each(['json', 'msgpack'] as const)('a result that the swarm may refuse, in %s frames', (frames) => {
  let node: TestNode
  let agent: SwarmAgent
  let client: SwarmClient

  beforeAll(async () => {
    // Nothing but the refusals shall keep work from the agent.
    node = await startTestNode({ AMOS_BREAKER_FAILURES_MAX: '1000' })
    client = new SwarmClient({ url: node.url })
    agent = new SwarmAgent({ url: node.url, agentId: 'ada', slots: RESULTS.length, frames })
    agent.handle('*', ({ payload }) => RESULTS.find(([what]) => what === payload)?.[1]())
    await agent.start()
  })
  afterAll(async () => {
    await agent.close()
    await node.close()
  })

  it.each(RESULTS)('ends its task in one attempt: %s', async (what, _make, code) => {
    const { taskId } = await client.submit({ type: 'work', payload: what, maxAttempts: 3 })
    const task = await client.waitForTask(taskId, { timeoutMs: 30_000 })
    expect(task.attempts).toHaveLength(1)
    const outcome = task.status === 'completed' ? undefined : task.failure?.code
    expect(code ?? outcome).toBe(outcome)
    // The answer to the agent's report and the one to the client leave together.
    await eventually(() => agent.heldCount === 0)
  })

  it('does not stop the agent, however many are refused', async () => {
    const many = Array.from({ length: 30 }, () => ({
      type: 'work',
      payload: 'lists 40 deep',
      maxAttempts: 3,
    }))
    const { tasks } = await client.submitBatch(many)
    for (const { taskId } of tasks) {
      const task = await client.waitForTask(taskId, { timeoutMs: 30_000 })
      expect(task).toMatchObject({ status: 'failed', failure: { code: 'json_too_deep' } })
      const { attempts } = task
      expect(
        attempts.filter(({ outcome }) => outcome === 'failed'),
        JSON.stringify(attempts),
      ).toHaveLength(1)
    }
  })
})
