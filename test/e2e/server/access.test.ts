import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, getTask, listTasks, completeTask } = TASK_OPERATIONS
const { registerAgent, getAgent, claimTasks } = AGENT_OPERATIONS
const { createSwarm, getSwarm, listSwarms } = SWARM_OPERATIONS

const key = (name: string): string => `key-of-${name}-0123456789`
const KEYS = [
  { name: 'vera', tenant: 'acme', roles: ['viewer'] },
  { name: 'sam', tenant: 'acme', roles: ['submitter'] },
  { name: 'olga', tenant: 'acme', roles: ['operator'] },
  { name: 'ada', tenant: 'acme', roles: ['admin'] },
  { name: 'eve', tenant: 'evil', roles: ['admin'] },
].map((entry) => ({ ...entry, key: key(entry.name) }))

describe('who may do what', () => {
  let node: TestNode
  const as = (name: string): ContractClient => new ContractClient(node.url, key(name))

  beforeAll(async () => {
    node = await startTestNode({
      AMOS_API_KEYS: JSON.stringify(KEYS),
      AMOS_ALLOWED_ORIGINS: 'https://console.example.org',
    })
  })
  afterAll(() => node.close())

  it('asks for a credential on every operation that is not public', async () => {
    const nobody = new ContractClient(node.url)
    const params = { swarmId: 'default', taskId: 'x', agentId: 'x' }
    for (const operation of OPERATIONS) {
      const { status, headers } = await nobody.call(operation, { params })
      const isPublic = operation.access === 'public'
      expect(status, operation.operationId).toBe(isPublic ? 200 : 401)
      expect(headers.get('www-authenticate')).toBe(isPublic ? null : 'Bearer realm="amos"')
    }
  })

  it('refuses wrong keys, wrong schemes and keys without their tail', async () => {
    for (const authorization of [
      'Bearer wrong',
      `Basic ${key('ada')}`,
      `Bearer ${key('ada').slice(0, -1)}`,
      'Bearer',
    ]) {
      const response = await fetch(`${node.url}/v1/swarms`, { headers: { authorization } })
      expect(await response.json()).toMatchObject({ status: 401, code: 'unauthorized' })
    }
  })

  it('lets each role do what is its own and what the roles before it may', async () => {
    const body = { type: 'x', capabilities: ['none'] }
    const allowed = { listTasks: 'vera sam olga ada', submitTask: 'sam olga ada', registerAgent: 'olga ada' }
    for (const name of ['vera', 'sam', 'olga', 'ada']) {
      const done = {
        listTasks: await as(name).call(listTasks),
        submitTask: await as(name).call(submitTask, { body }),
        registerAgent: await as(name).call(registerAgent, { body: { agentId: `of-${name}` } }),
        createSwarm: await as(name).call(createSwarm, { body: { swarmId: `of-${name}` } }),
      }
      for (const [operation, answer] of Object.entries(done)) {
        const mayDoIt = ((allowed as Record<string, string>)[operation] ?? 'ada').split(' ').includes(name)
        expect(answer.status < 300, `${name} ${operation}`).toBe(mayDoIt)
        expect(answer.body['code']).toBe(mayDoIt ? undefined : 'forbidden')
      }
    }
  })

  it("answers 404 to another tenant's swarms, tasks and agents", async () => {
    await as('ada').call(createSwarm, { body: { swarmId: 'secret' } })
    const task = await as('ada').call(submitTask, { body: { type: 'x', capabilities: ['none'] } })
    await as('ada').call(registerAgent, { body: { agentId: 'acme-agent' } })
    const eve = as('eve')
    expect((await eve.call(getSwarm, { params: { swarmId: 'secret' } })).body['code']).toBe('swarm_not_found')
    expect((await eve.call(getTask, { params: { taskId: task.body.taskId } })).body['code']).toBe(
      'task_not_found',
    )
    expect((await eve.call(getAgent, { params: { agentId: 'acme-agent' } })).body['code']).toBe(
      'agent_not_found',
    )
    const swarms = await eve.call(listSwarms)
    expect(swarms.body.swarms.map(({ swarmId }) => swarmId)).toEqual(['default'])
    const channel = '/v1/swarms/default/agents/acme-agent/channel'
    const opened = await FrameClient.open(node.url, channel, {
      headers: { authorization: `Bearer ${key('eve')}` },
    })
    opened.send({ type: 'hello' })
    expect(await opened.next()).toMatchObject({ type: 'error', code: 'agent_not_found' })
    expect(await opened.closed).toBe(4004)
  })

  it("lets an agent's token read its swarm and act for that agent alone", async () => {
    const skill = { capabilities: [{ name: 'skill' }] }
    const registered = await as('olga').call(registerAgent, { body: { agentId: 'agnes', ...skill } })
    await as('olga').call(registerAgent, { body: { agentId: 'other' } })
    const token = registered.body.token
    const agnes = new ContractClient(node.url, token)
    const submitted = await as('sam').call(submitTask, { body: { type: 'x', capabilities: ['skill'] } })
    const { taskId } = submitted.body
    const claim = await agnes.call(claimTasks, { params: { agentId: 'agnes' }, body: { waitMs: 5_000 } })
    const [assignment] = claim.body.assignments
    expect(assignment?.taskId).toBe(taskId)
    expect((await agnes.call(getTask, { params: { taskId } })).status).toBe(200)
    expect((await agnes.call(submitTask, { body: { type: 'x' } })).body['code']).toBe('forbidden')
    expect((await agnes.call(listSwarms)).body['code']).toBe('forbidden')
    expect((await agnes.call(getSwarm, { params: { swarmId: 'secret' } })).body['code']).toBe('forbidden')
    expect((await agnes.call(claimTasks, { params: { agentId: 'other' } })).body['code']).toBe('forbidden')
    const { fencingToken } = assignment!
    const forAnother = await agnes.call(completeTask, {
      params: { taskId },
      body: { agentId: 'other', fencingToken },
    })
    expect(forAnother.body).toMatchObject({ status: 403, code: 'forbidden' })
    const own = await agnes.call(completeTask, {
      params: { taskId },
      body: { agentId: 'agnes', fencingToken },
    })
    expect(own.body['status']).toBe('completed')
  })

  it('voids the token of an agent that was registered anew', async () => {
    const first = await as('olga').call(registerAgent, { body: { agentId: 'twice' } })
    await as('olga').call(registerAgent, { body: { agentId: 'twice' } })
    const before = new ContractClient(node.url, first.body.token)
    expect((await before.call(getAgent, { params: { agentId: 'twice' } })).body['code']).toBe('unauthorized')
  })

  it('lets only pages of allowed origins in, over HTTP and WebSocket', async () => {
    const authorization = `Bearer ${key('ada')}`
    const from = (origin: string): Promise<Response> =>
      fetch(`${node.url}/v1/swarms`, { headers: { authorization, origin } })
    expect((await from(node.url)).status).toBe(200)
    const allowed = await from('https://console.example.org')
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://console.example.org')
    expect(await (await from('https://evil.example')).json()).toMatchObject({
      status: 403,
      code: 'origin_not_allowed',
    })
    const stream = FrameClient.open(node.url, '/v1/swarms/default/stream', {
      headers: { authorization, origin: 'https://evil.example' },
    })
    await expect(stream).rejects.toThrow(/403 .*origin_not_allowed/)
  })

  it('never shows a key or its hash', async () => {
    const { body } = await as('ada').call(SYSTEM_OPERATIONS.getMetrics)
    expect(JSON.stringify(body)).not.toContain('key-of-')
  })
})

describe('a server without keys', () => {
  it('refuses to listen where others can reach it', async () => {
    await expect(startTestNode({ AMOS_HOST: '0.0.0.0' })).rejects.toThrow(
      'refusing to listen on 0.0.0.0 without credentials: set AMOS_API_KEYS, or listen on 127.0.0.1',
    )
  })

  it('answers to the names of loopback only', async () => {
    const node = await startTestNode()
    const { port } = new URL(node.url)
    const rebound = await fetchWithHost(node.url, `evil.example:${port}`)
    expect(rebound).toMatchObject({ status: 403, code: 'forbidden' })
    expect(await fetchWithHost(node.url, `localhost:${port}`)).toHaveProperty('swarms')
    await node.close()
  })

  it('listens anywhere with keys, which may come from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amos-keys-'))
    const file = join(folder, 'keys.json')
    await writeFile(file, JSON.stringify(KEYS))
    const node = await startTestNode({ AMOS_HOST: '0.0.0.0', AMOS_API_KEYS: file })
    const { port } = new URL(node.url)
    const client = new ContractClient(`http://127.0.0.1:${port}`, key('vera'))
    expect((await client.call(listTasks)).status).toBe(200)
    await node.close()
    await rm(folder, { recursive: true })
  })
})

/** `fetch` does not let its caller choose the Host header. */
async function fetchWithHost(url: string, host: string): Promise<unknown> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    request(`${url}/v1/swarms`, { headers: { host } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve(JSON.parse(text)))
    })
      .on('error', reject)
      .end()
  })
}
