import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent, getAgent, updateAgent } = AGENT_OPERATIONS
const { getSwarm, updateSwarm } = SWARM_OPERATIONS

describe('changes where two writers can meet', () => {
  let node: TestNode
  let client: ContractClient
  const params = { agentId: 'ada' }

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
    await client.call(registerAgent, { body: { agentId: 'ada' } })
  })
  afterAll(() => node.close())

  it.each([
    ['agent', getAgent, updateAgent, { name: 'first' }, { name: 'second' }],
    ['swarm', getSwarm, updateSwarm, { description: 'first' }, { description: 'second' }],
  ] as const)(
    'refuse a change of an %s that somebody else changed meanwhile',
    async (_, get, patch, one, other) => {
      const etag = (await client.call(get, { params })).headers.get('etag') ?? ''
      expect(etag).toMatch(/^"v\d+"$/)
      const headers = { 'if-match': etag }
      const changed = await client.call(patch, { params, headers, body: one })
      expect(changed.status).toBe(200)
      const late = await client.call(patch, { params, headers, body: other })
      expect(late).toMatchObject({ status: 412, body: { code: 'version_conflict' } })
      expect((await client.call(get, { params })).body).toMatchObject(one)
      // The next change needs no read in between.
      expect(changed.headers.get('etag')).not.toBe(etag)
      expect(changed.headers.get('etag')).toBe((await client.call(get, { params })).headers.get('etag'))
      // Without the header the last one wins, as before.
      expect((await client.call(patch, { params, body: other })).body).toMatchObject(other)
    },
  )

  it('refuse an If-Match that is none of ours', async () => {
    const headers = { 'if-match': 'W/"x"' }
    const answer = await client.call(updateAgent, { params, headers, body: { name: 'x' } })
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
  })
})
