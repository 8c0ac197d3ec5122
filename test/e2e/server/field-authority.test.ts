import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AgentPatch } from '#contract/agent.ts'
import type { Access } from '#contract/operations/access.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent, updateAgent, getAgent, deregisterAgent } = AGENT_OPERATIONS
const FIELD_ACCESS: Readonly<Record<string, Access>> = updateAgent.fieldAccess
const OPERATOR_KEY = 'key-of-the-operator-0123'
const SUBMITTER_KEY = 'key-of-the-submitter-012'

/** A change of each field that an agent would gain by. */
const GAINS: Readonly<Record<string, unknown>> = {
  name: 'the best',
  capabilities: [{ name: 'everything' }],
  slots: 1_000,
  resources: { gpu: 64 },
  labels: { zone: 'inner' },
  isDraining: true,
  isQuarantined: false,
}

describe('who may change what of an agent', () => {
  let node: TestNode
  let operator: ContractClient
  let agnes: ContractClient
  const params = { agentId: 'agnes' }

  beforeAll(async () => {
    const keys = [
      { name: 'olga', tenant: 'acme', roles: ['operator'], key: OPERATOR_KEY },
      { name: 'sam', tenant: 'acme', roles: ['submitter'], key: SUBMITTER_KEY },
    ]
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(keys) })
    operator = new ContractClient(node.url, OPERATOR_KEY)
    const { body } = await operator.call(registerAgent, { body: { agentId: 'agnes' } })
    agnes = new ContractClient(node.url, body.token)
  })
  afterAll(() => node.close())

  it('is said of every field', () => {
    expect(Object.keys(GAINS).toSorted()).toEqual(Object.keys(AgentPatch.properties).toSorted())
  })

  it.each(Object.entries(GAINS))('holds for %s', async (field, value) => {
    const before = await operator.call(getAgent, { params })
    const needed = FIELD_ACCESS[field] ?? updateAgent.access
    const own = await agnes.call(updateAgent, { params, body: { [field]: value } })
    expect(own.status).toBe(needed === 'agent' ? 200 : 403)
    // Together with a field that it may change it is refused as a whole.
    const mixed = await agnes.call(updateAgent, { params, body: { name: 'other', [field]: value } })
    expect(mixed.status).toBe(needed === 'agent' ? 200 : 403)
    const { status: _, lastChangeAt: __, ...after } = (await operator.call(getAgent, { params })).body
    const changed = needed === 'agent' ? { [field]: value } : {}
    const { status: ___, lastChangeAt: ____, ...unchanged } = before.body
    const renamed = needed === 'agent' && field !== 'name' ? { name: 'other' } : {}
    expect(after).toEqual({ ...unchanged, ...renamed, ...changed })
    const submitter = new ContractClient(node.url, SUBMITTER_KEY)
    expect((await submitter.call(updateAgent, { params, body: { [field]: value } })).status).toBe(403)
    expect((await operator.call(updateAgent, { params, body: { [field]: value } })).status).toBe(200)
  })

  it('lets an agent end the drain of its own wish, and no other', async () => {
    const drain = (as: ContractClient, isDraining: boolean) =>
      as.call(updateAgent, { params, body: { isDraining } })
    await drain(operator, false)
    expect((await drain(agnes, true)).body['isDraining']).toBe(true)
    expect((await drain(agnes, false)).body['isDraining']).toBe(false)

    await drain(operator, true)
    expect((await drain(agnes, false)).body).toMatchObject({ status: 403, code: 'drain_ordered' })
    // Nor by wishing for it as well.
    expect((await drain(agnes, true)).status).toBe(200)
    expect((await drain(agnes, false)).body['code']).toBe('drain_ordered')

    await drain(operator, false)
    await drain(agnes, true)
    await drain(operator, true)
    expect((await drain(agnes, false)).body['code']).toBe('drain_ordered')
    expect((await drain(operator, false)).body['isDraining']).toBe(false)
  })

  it('lets nobody but an operator register an agent, whatever the token says', async () => {
    const again = await agnes.call(registerAgent, { body: { agentId: 'agnes', slots: 1_000 } })
    expect(again.body['code']).toBe('forbidden')
    expect((await agnes.call(deregisterAgent, { params: { agentId: 'other' } })).body['code']).toBe(
      'forbidden',
    )
  })
})
