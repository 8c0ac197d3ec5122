import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('a proposal that no quorum agrees on', () => {
  let node: TestNode
  beforeAll(async () => {
    node = await startTestNode({ AMOS_DECISION_PATIENCE_MS: '0' })
  })
  afterAll(() => node.close())

  it('is undecided once the configured patience after its deadline is over', async () => {
    const client = new SwarmClient({ url: node.url })
    // The server votes for an agent without a key only while the agent is here.
    await client.registerAgent({ agentId: 'away' })
    const { proposalId } = await client.consensus.propose({
      title: 'Is anybody here?',
      deadlineMs: 1,
      electorate: { kind: 'agents', agentIds: ['away'] },
    })
    const { status } = await eventually(async () => {
      const proposal = await client.consensus.proposal(proposalId)
      return proposal.status !== 'open' && proposal
    })
    expect(status).toBe('undecided')
  })
})
