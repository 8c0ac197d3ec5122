import { readFileSync } from 'node:fs'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

/** What these tests read of an answer; that it is there, they check. */
interface Body {
  readonly taskId: string
  readonly assignments: readonly [
    { readonly taskId: string; readonly fencingToken: number; readonly payload: unknown },
  ]
  readonly paths: unknown
}

function bodyOf({ body }: supertest.Response): Body {
  return body as Body
}

/** The whole life of a task as any HTTP client sees it, without our SDK and without reading our schemas. */
describe('a task over plain HTTP', () => {
  let node: TestNode
  let swarm: ReturnType<typeof supertest>
  const path = (rest: string): string => `/v1/swarms/default/${rest}`

  beforeAll(async () => {
    node = await startTestNode()
    swarm = supertest(node.url)
    await swarm
      .post(path('agents'))
      .send({ agentId: 'ada', capabilities: [{ name: 'sum' }] })
      .expect(201)
  })
  afterAll(() => node.close())

  it('goes from submit to completed, and says who did it and why', async () => {
    const submitted = await swarm
      .post(path('tasks'))
      .send({ type: 'sum', capabilities: ['sum'], payload: { numbers: [1, 2, 3] } })
      .expect(201)
      .expect('content-type', /^application\/json/)
    expect(submitted.body).toMatchObject({ status: 'submitted', durability: 'synced' })

    const claimed = await swarm
      .post(path('agents/ada/claims'))
      .send({ countMax: 1, waitMs: 5_000 })
      .expect(200)
    const [{ taskId, fencingToken, payload }] = bodyOf(claimed).assignments
    expect({ taskId, payload }).toEqual({ taskId: bodyOf(submitted).taskId, payload: { numbers: [1, 2, 3] } })

    const report = { agentId: 'ada', fencingToken, result: { sum: 6 } }
    await swarm
      .post(path(`tasks/${taskId}/complete`))
      .send(report)
      .expect(200)
    const task = await swarm.get(path(`tasks/${taskId}`)).expect(200)
    expect(task.body).toMatchObject({ status: 'completed', phase: 'done', result: { sum: 6 } })
    const decision = await swarm.get(path(`tasks/${taskId}/decision`)).expect(200)
    expect(decision.body).toMatchObject({ agentId: 'ada', fencingToken, candidates: [{ agentId: 'ada' }] })
  })

  it('refuses a completion under another token with a problem document, and changes nothing', async () => {
    const { taskId } = bodyOf(
      await swarm.post(path('tasks')).send({ type: 'sum', capabilities: ['sum'], payload: null }),
    )
    const claimed = await swarm.post(path('agents/ada/claims')).send({ countMax: 1, waitMs: 5_000 })
    const [{ fencingToken }] = bodyOf(claimed).assignments
    const refused = await swarm
      .post(path(`tasks/${taskId}/complete`))
      .send({ agentId: 'ada', fencingToken: fencingToken - 1, result: 'stolen' })
      .expect(409)
      .expect('content-type', /^application\/problem\+json/)
    expect(refused.body).toMatchObject({ code: 'lease_lost', status: 409, details: { heldBy: 'ada' } })
    const after = await swarm.get(path(`tasks/${taskId}`)).expect(200)
    expect(after.body).toMatchObject({ phase: 'running', hasResult: false })
  })

  it('serves the very OpenAPI document that is committed', async () => {
    const committed = readFileSync(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8')
    const served = await swarm.get('/openapi.json').expect(200)
    expect(bodyOf(served).paths).toEqual((JSON.parse(committed) as Body).paths)
  })
})
