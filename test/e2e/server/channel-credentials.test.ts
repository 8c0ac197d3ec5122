import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { type Frame, FrameClient, type FrameClientOptions } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent } = AGENT_OPERATIONS

describe('credentials on the agent channel', () => {
  const key = 'an-operator-key-0123456789'
  const path = '/v1/swarms/default/agents/agnes/channel'
  let node: TestNode
  let token: string

  beforeAll(async () => {
    const keys = [{ name: 'olga', tenant: 'default', roles: ['operator'], key }]
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(keys) })
    const client = new ContractClient(node.url, key)
    const registered = await client.call(registerAgent, { body: { agentId: 'agnes' } })
    token = registered.body.token
    await client.call(registerAgent, { body: { agentId: 'other' } })
  })
  afterAll(() => node.close())

  async function answerTo(hello: object, options?: FrameClientOptions, where = path): Promise<Frame> {
    const channel = await FrameClient.open(node.url, where, options)
    channel.send({ type: 'hello', ...hello })
    const answer = await channel.next()
    channel.socket.close()
    return answer
  }

  it('takes them from the Authorization header, a subprotocol or the first frame', async () => {
    const welcome = { type: 'welcome', agentId: 'agnes' }
    expect(await answerTo({}, { headers: { authorization: `Bearer ${token}` } })).toMatchObject(welcome)
    expect(await answerTo({}, { headers: { authorization: `Bearer ${key}` } })).toMatchObject(welcome)
    expect(await answerTo({}, { subprotocols: ['amos.v1.json', `amos.token.${token}`] })).toMatchObject(
      welcome,
    )
    expect(await answerTo({ token })).toMatchObject(welcome)
  })

  it('refuses none, wrong ones and those of another agent', async () => {
    expect(await answerTo({})).toMatchObject({ type: 'error', code: 'unauthorized' })
    expect(await answerTo({ token: `${token}x` })).toMatchObject({ type: 'error', code: 'unauthorized' })
    const others = '/v1/swarms/default/agents/other/channel'
    expect(await answerTo({ token }, {}, others)).toMatchObject({ type: 'error', code: 'forbidden' })
    const wrong = FrameClient.open(node.url, path, { headers: { authorization: 'Bearer wrong' } })
    await expect(wrong).rejects.toThrow(/401 .*unauthorized/)
    const another = FrameClient.open(node.url, others, { headers: { authorization: `Bearer ${token}` } })
    await expect(another).rejects.toThrow(/403 .*forbidden/)
  })
})
