import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEARNING_OPERATIONS } from '#contract/operations/learning-operations.ts'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { reportOutcome, listExperience, exportExperience, getAdvice, listLearnedTypes } = LEARNING_OPERATIONS

const KEYS = ['viewer', 'submitter', 'operator'].map((role) => ({
  name: role,
  tenant: 'acme',
  roles: [role],
  key: `${role}-0123456789abcdef`,
}))
const OTHER = { name: 'other', tenant: 'other', roles: ['admin'], key: 'other-0123456789abcdef' }

describe('what the swarm learned', () => {
  let node: TestNode
  let agent: SwarmAgent
  let operator: SwarmClient
  const as = (name: string): ContractClient => new ContractClient(node.url, `${name}-0123456789abcdef`)

  beforeAll(async () => {
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify([...KEYS, OTHER]) })
    operator = new SwarmClient({ url: node.url, apiKey: 'operator-0123456789abcdef' })
    agent = new SwarmAgent({
      url: node.url,
      apiKey: 'operator-0123456789abcdef',
      agentId: 'ada',
      capabilities: ['sum'],
    })
    agent.handle('math/sum', async () => 1)
    await agent.start()
  })
  afterAll(async () => {
    await agent.close()
    await node.close()
  })

  it('tells an agent what has worked for others', async () => {
    const { taskId } = await operator.submit({ type: 'math/sum', capabilities: ['sum'], payload: {} })
    await operator.waitForTask(taskId)
    await agent.reportOutcome({
      type: 'math/sum',
      method: 'columns',
      isSuccess: true,
      cost: 0.5,
      durationMs: 7,
    })
    await agent.reportOutcome({
      type: 'math/sum',
      method: 'guess',
      isSuccess: false,
      features: { digits: 3 },
    })
    await eventually(async () => {
      const advice = await agent.advice('math/sum')
      expect(advice.agents).toMatchObject([{ arm: 'ada', count: 1 }])
      expect(advice.methods.map(({ arm }) => arm)).toEqual(['columns', 'guess'])
      return true
    })
    const { body } = await as('viewer').call(getAdvice, { params: { taskType: 'math%2Fsum' } })
    expect(body['methods']).toMatchObject([{ arm: 'columns', cost: { mean: 0.5 } }, { arm: 'guess' }])
    expect((await as('viewer').call(listLearnedTypes)).body['types']).toEqual(['math/sum'])
  })

  it('lists and exports finished work', async () => {
    const { body } = await as('viewer').call(listExperience, { query: { pageSize: '2' } })
    expect(body['experiences']).toMatchObject([
      { source: 'task', agentId: 'ada', outcome: 'completed' },
      { source: 'report', method: 'columns' },
    ])
    const rest = await as('viewer').call(listExperience, { query: { after: String(body['next']) } })
    expect(rest.body['experiences']).toMatchObject([{ method: 'guess', outcome: 'failed' }])
    const csv = await operator.learning.exportExperience('csv', { method: 'guess' })
    expect(csv.split('\r\n')[0]).toMatch(/^sequence,at,source,type,.*,feature\.digits$/)
    expect(csv.split('\r\n')[1]).toMatch(/,report,math\/sum,failed,,ada,guess,,,3$/)
    const lines = (await operator.learning.exportExperience('jsonl')).trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { source: string }).source)).toEqual([
      'task',
      'report',
      'report',
    ])
  })

  it('refuses what may not be done, and what is no outcome', async () => {
    const outcome = { type: 'sum', method: 'a', isSuccess: true }
    expect((await as('viewer').call(reportOutcome, { body: outcome })).status).toBe(403)
    expect((await as('submitter').call(reportOutcome, { body: outcome })).status).toBe(204)
    expect((await as('submitter').call(reportOutcome, { body: { ...outcome, agentId: 'ada' } })).status).toBe(
      403,
    )
    expect((await as('operator').call(reportOutcome, { body: { ...outcome, agentId: 'bob' } })).status).toBe(
      404,
    )
    for (const bad of [
      { type: '..' },
      { method: '__proto__' },
      { cost: -1 },
      { durationMs: 1e300 },
      { features: { x: 'y' } },
      { isSuccess: 'yes' },
    ]) {
      const { status } = await as('operator').call(reportOutcome, { body: { ...outcome, ...bad } })
      expect(status, JSON.stringify(bad)).toBe(400)
    }
    const raw = '{"type":"sum","method":"a","isSuccess":true,"cost":1e999}'
    expect((await as('operator').call(reportOutcome, { body: raw })).status).toBe(400)
    expect(
      (await as('operator').call(getAdvice, { params: { taskType: 'sum' }, query: { costWeight: '-1' } }))
        .status,
    ).toBe(400)
    expect((await as('operator').call(exportExperience, { query: { format: 'xml' } })).status).toBe(400)
    const { body } = await as('other').call(listExperience)
    expect(body['experiences'], "another tenant's swarm of the same name").toEqual([])
  })
})
