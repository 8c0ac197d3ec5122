import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentNotice, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

/** More than a connection may have waiting for it in the socket. */
const COUNT = 60

describe('many large proposals', { timeout: 60_000 }, () => {
  let stateDir: string
  let node: TestNode
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'amos-many-'))
    node = await startTestNode()
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await node.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  it('reach an agent that comes back, which keeps its channel', async () => {
    const asked = new Set<string>()
    const notices: AgentNotice[] = []
    const start = async (): Promise<SwarmAgent> => {
      const agent = new SwarmAgent({
        url: node.url,
        agentId: 'ada',
        stateDir,
        onProposal: ({ proposalId }) => {
          asked.add(proposalId)
          return null
        },
        onNotice: (notice) => notices.push(notice),
      })
      agents.push(agent)
      await agent.start()
      return agent
    }
    const first = await start()
    const client = new SwarmClient({ url: node.url })
    // Twice as long once it stands in a frame.
    const payload = '"'.repeat(60_000)
    for (let count = 0; count < COUNT; count += 1) {
      await client.consensus.propose({ title: 'Big?', payload })
    }
    await eventually(() => asked.size === COUNT)
    await first.close()
    asked.clear()
    notices.length = 0
    await start()
    await eventually(() => asked.size === COUNT)
    expect(notices.map(({ type }) => type)).toEqual(['connected'])
  })
})
