import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_EXAMPLES, type OperationId } from '#contract/examples/operation-examples.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import type { OperationShape } from '#contract/operations/operation.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

type Security = readonly Readonly<Record<string, readonly string[]>>[]
interface Documented {
  readonly operationId: string
  readonly security: Security
}

const ROLES = ['viewer', 'submitter', 'operator', 'admin']
const KEYS = [...ROLES, 'monitor'].map((role) => ({
  name: role,
  tenant: 'acme',
  roles: [role],
  key: `key-of-the-${role}-0123456789`,
}))
const SWARM = 'research'
/** What the examples do not show: a change that the agent itself may make, and a claim that does not wait. */
const BODIES: Readonly<Record<string, object>> = { updateAgent: { name: 'Ada' }, claimTasks: {} }

/** After these the next credential would not find what it asks for. */
const UNDOING = new Set(['createSwarm', 'deleteSwarm', 'registerAgent', 'deregisterAgent'])

/** By the document alone: whether one of the alternatives takes the credential. */
function isDocumented(security: Security, credential: string): boolean {
  if (security.length === 0) return true
  return security.some(({ apiKey, agentToken }) => {
    if (agentToken !== undefined) return credential === 'own token'
    const [needed = ''] = apiKey ?? []
    if (!ROLES.includes(needed)) return credential === needed
    return ROLES.indexOf(credential) >= ROLES.indexOf(needed)
  })
}

describe('the security that the OpenAPI document shows', () => {
  let node: TestNode
  let admin: ContractClient
  let documented: readonly Documented[]
  const credentials: Record<string, string | undefined> = {
    none: undefined,
    'wrong key': 'no-key-at-all-0123',
  }

  beforeAll(async () => {
    const eve = { name: 'eve', tenant: 'evil', roles: ['admin'], key: 'key-of-eve-0123456789' }
    node = await startTestNode({
      AMOS_API_KEYS: JSON.stringify([...KEYS, eve]),
      // Every operation is tried with wrong credentials, within a minute.
      AMOS_WRONG_CREDENTIALS_PER_MINUTE_MAX: '10000',
    })
    for (const { name, key } of KEYS) credentials[name] = key
    admin = new ContractClient(node.url, credentials['admin'])
    const document = (await (await fetch(`${node.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Documented>>
    }
    documented = Object.values(document.paths).flatMap((item) => Object.values(item))
  })
  afterAll(() => node.close())

  /** A swarm as new, with the agent of the examples, another agent, and an agent of another swarm. */
  async function renew(): Promise<void> {
    const register = async (swarmId: string, agentId: string): Promise<string> =>
      (await admin.call(AGENT_OPERATIONS.registerAgent, { params: { swarmId }, body: { agentId } })).body
        .token
    await admin.call(SWARM_OPERATIONS.deleteSwarm, { params: { swarmId: SWARM }, query: { force: 'true' } })
    await admin.call(SWARM_OPERATIONS.createSwarm, { body: { swarmId: SWARM } })
    credentials['own token'] = await register(SWARM, 'ada')
    credentials['token of another swarm'] = await register('default', 'ada')
  }

  async function isLetIn(operation: OperationShape, credential: string | undefined): Promise<boolean> {
    const { params, body } = OPERATION_EXAMPLES[operation.operationId as OperationId]
    const sent = BODIES[operation.operationId] ?? body
    const { status, body: answer } = await new ContractClient(node.url, credential).call(operation, {
      params: { ...params, swarmId: SWARM },
      ...(operation.body === undefined ? {} : { body: sent ?? {} }),
    })
    // Other 403s are the swarm's: an agent that has no vote, for instance.
    return status !== 401 && answer['code'] !== 'forbidden'
  }

  it.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))(
    'is what the server does, for %s',
    async (operationId, operation) => {
      const { security } = documented.find((described) => described.operationId === operationId)!
      const tried = [...Object.keys(credentials), 'own token', 'token of another swarm']
      const seen: Record<string, boolean> = {}
      const promised: Record<string, boolean> = {}
      await renew()
      for (const name of new Set(tried)) {
        if (UNDOING.has(operationId)) await renew()
        seen[name] = await isLetIn(operation, credentials[name])
        promised[name] = isDocumented(security, name)
      }
      expect(seen).toEqual(promised)
    },
  )

  it('holds for tokens: none acts for another agent', async () => {
    await renew()
    const other = await admin.call(AGENT_OPERATIONS.registerAgent, {
      params: { swarmId: SWARM },
      body: { agentId: 'other' },
    })
    const acting = OPERATIONS.filter(({ access }) => access === 'agent')
    const letIn: string[] = []
    for (const operation of acting)
      if (await isLetIn(operation, other.body.token)) letIn.push(operation.operationId)
    // A message names no sender in its example: it is its caller's.
    expect(letIn).toEqual(['sendMessage'])
  })

  it('holds for the WebSockets as the AsyncAPI document describes them', async () => {
    await renew()
    const opened: Record<string, readonly string[]> = {}
    for (const path of [`/v1/swarms/${SWARM}/agents/ada/channel`, `/v1/swarms/${SWARM}/stream`]) {
      const names: string[] = []
      for (const [name, credential] of Object.entries(credentials)) {
        const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` }
        const socket = await FrameClient.open(node.url, path, { headers }).catch(() => undefined)
        if (socket === undefined) continue
        socket.send(path.endsWith('stream') ? { type: 'subscribe', requestId: 1 } : { type: 'hello' })
        const { type } = await socket.next()
        if (type !== 'error') names.push(name)
        socket.socket.terminate()
      }
      opened[path.split('/').at(-1) ?? ''] = names.toSorted()
    }
    expect(opened).toEqual({
      channel: ['admin', 'operator', 'own token'],
      stream: ['admin', 'operator', 'own token', 'submitter', 'viewer'],
    })
  })
})

describe('the metrics', () => {
  it('show a tenant its own swarms, and all of the node to a key that monitors it', async () => {
    const keys = [
      { name: 'vera', tenant: 'acme', roles: ['viewer'], key: 'key-of-vera-0123456789' },
      { name: 'eve', tenant: 'evil', roles: ['admin'], key: 'key-of-eve-0123456789' },
      { name: 'prometheus', tenant: 'acme', roles: ['monitor'], key: 'key-of-prometheus-01234' },
    ]
    const node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(keys) })
    const scrape = async (key: string): Promise<string> => {
      const response = await fetch(`${node.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
      return response.text()
    }
    const [vera = '', eve = '', prometheus = ''] = keys.map(({ key }) => key)
    const before = await scrape(vera)
    const { registerAgent } = AGENT_OPERATIONS
    const busy = new ContractClient(node.url, eve)
    for (const agentId of ['a', 'b', 'c']) await busy.call(registerAgent, { body: { agentId } })
    expect(await scrape(vera)).toBe(before)
    expect(await scrape(eve)).toMatch(
      /amos_agents\{tenant="[a-z0-9-]+",swarm="[a-z0-9-]+",status="offline"\} 3/,
    )
    const all = await scrape(prometheus)
    expect(all).toMatch(/amos_agents\{tenant="[a-z0-9-]+",swarm="[a-z0-9-]+",status="offline"\} 3/)
    expect(all).toContain('amos_swarms_coordinated 2')
    expect(all).toContain('operation="registerAgent"')
    expect(before).toContain('amos_swarms_coordinated 1')
    expect(before).not.toContain('registerAgent')
    await node.close()
  })
})
