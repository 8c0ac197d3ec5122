import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('a leader whose key the server holds', () => {
  let node: TestNode
  beforeAll(async () => {
    // Nothing but the probe of the leader can tell that the agent hangs.
    node = await startTestNode({ AMOS_LEASE_MS: '600000' })
  })
  afterAll(() => node.close())

  it('loses the lead when its agent hangs with an open connection', async () => {
    const client = new SwarmClient({ url: node.url })
    const channels = new Map<string, FrameClient>()
    for (const agentId of ['a', 'b', 'c']) {
      await client.registerAgent({ agentId })
      const channel = await FrameClient.open(node.url, `/v1/swarms/default/agents/${agentId}/channel`)
      channel.send({ type: 'hello' })
      await channel.next('welcome')
      channels.set(agentId, channel)
    }
    await client.switchTopology({ kind: 'hierarchical', branching: 2 })
    const first = await eventually(async () => (await client.consensus.leader()).leaderId)
    channels.get(first)?.socket.pause()
    const second = await eventually(async () => {
      const { leaderId } = await client.consensus.leader()
      return leaderId !== first && leaderId
    })
    expect([...channels.keys()]).toContain(second)
    channels.get(first)?.socket.resume()
    for (const channel of channels.values()) await channel.close()
  })
})
