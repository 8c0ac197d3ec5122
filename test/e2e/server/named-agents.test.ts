import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import type { OperationShape } from '#contract/operations/operation.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const operation = (id: string): OperationShape => OPERATIONS.find(({ operationId }) => operationId === id)!

const NOBODY = 'nobody'
const proposal = { title: 'Merge it?', payload: null }
const message = { payload: null, kind: 'message' }
const report = { agentId: NOBODY, fencingToken: 1 }

/** Every place in a request that names an agent, here one that does not exist. */
const NAMED: readonly (readonly [place: string, operationId: string, body: object])[] = [
  ['proposedBy', 'propose', { ...proposal, proposedBy: NOBODY }],
  ['firstProposer', 'propose', { ...proposal, firstProposer: NOBODY }],
  ['electorate', 'propose', { ...proposal, electorate: { kind: 'agents', agentIds: ['ada', NOBODY] } }],
  ['weights', 'propose', { ...proposal, weights: { [NOBODY]: 1 } }],
  ['agentId', 'castBallot', { agentId: NOBODY, choice: 'approve' }],
  ['transferTo', 'startElection', { transferTo: NOBODY }],
  ['from', 'sendMessage', { ...message, from: NOBODY, to: { kind: 'agent', agentId: 'ada' } }],
  ['to', 'sendMessage', { ...message, from: 'ada', to: { kind: 'agent', agentId: NOBODY } }],
  ['agentId', 'reportProgress', report],
  ['agentId', 'completeTask', { ...report, result: null }],
  ['agentId', 'failTask', { ...report, failure: { code: 'x', message: 'x' } }],
  ['agentId', 'releaseTask', report],
  ['the address', 'updateAgent', { name: 'x' }],
  ['the address', 'deregisterAgent', {}],
  ['the address', 'heartbeatAgent', {}],
  ['the address', 'claimTasks', {}],
  ['the address', 'acknowledgeInbox', { messageIds: ['m'] }],
]

describe('an agent that is named and does not exist', () => {
  let node: TestNode
  let client: ContractClient
  let params: Record<string, string>

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
    await client.call(operation('registerAgent'), { body: { agentId: 'ada' } })
    await client.call(operation('claimTasks'), { params: { agentId: 'ada' }, body: {} })
    const task = await client.call(operation('submitTask'), { body: { type: 'x', capabilities: ['none'] } })
    const open = await client.call(operation('propose'), { body: { ...proposal, proposedBy: 'ada' } })
    params = { taskId: task.body.taskId, proposalId: String(open.body['proposalId']), agentId: NOBODY }
  })
  afterAll(() => node.close())

  it.each(NAMED)('is refused as %s of %s', async (_, operationId, body) => {
    const wanted = operation(operationId)
    const hasBody = wanted.body !== undefined
    const { status, body: answer } = await client.call(wanted, { params, ...(hasBody ? { body } : {}) })
    expect([403, 404, 409, 422]).toContain(status)
    expect(answer['code']).not.toBe('forbidden')
  })
})
