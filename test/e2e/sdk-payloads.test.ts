import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ProposalHandler, rawJson, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { AWKWARD_PAYLOADS } from '../helpers/awkward-payloads.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const TEXTS = [...AWKWARD_PAYLOADS.values()]

describe.each(['json', 'msgpack'] as const)('the SDK keeps the text of payloads, frames %s', (frames) => {
  let node: TestNode
  let client: SwarmClient
  const agents: SwarmAgent[] = []

  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
  })
  afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.close())))
  afterAll(() => node.close())

  function agentNamed(agentId: string, onProposal?: ProposalHandler): SwarmAgent {
    const more = onProposal === undefined ? {} : { onProposal }
    const agent = new SwarmAgent({ url: node.url, agentId, capabilities: ['exact'], frames, ...more })
    agents.push(agent)
    return agent
  }

  it('from a client to a handler, and from the handler to the client', async () => {
    const seen: string[] = []
    const ada = agentNamed('ada').handle('exact', ({ payload, payloadText }) => {
      expect(payload).toEqual(JSON.parse(payloadText))
      seen.push(payloadText)
      return rawJson(payloadText)
    })
    await ada.start()
    const submitted = TEXTS.map((text) => ({ type: 'exact', payload: rawJson(text) }))
    const { tasks } = await client.submitBatch(submitted)
    const done = await Promise.all(tasks.map(({ taskId }) => client.waitForTask(taskId)))
    expect(done.map(({ payloadText }) => payloadText)).toEqual(TEXTS)
    expect(done.map(({ resultText }) => resultText)).toEqual(TEXTS)
    expect(seen.toSorted()).toEqual(TEXTS.toSorted())
  })

  it('from a claim to a report over HTTP', async () => {
    await client.registerAgent({ agentId: 'eve', capabilities: [{ name: 'http' }] })
    const { taskId } = await client.submit({
      type: 'http',
      capabilities: ['http'],
      payload: { n: rawJson('1e400') },
    })
    const [claimed] = await client.claimTasks('eve', { waitMs: 5_000 })
    expect(claimed?.payloadText).toBe('{"n":1e400}')
    const { fencingToken = 0 } = claimed ?? {}
    await client.completeTask(taskId, { agentId: 'eve', fencingToken, result: rawJson('-0') })
    expect((await client.getTask(taskId)).resultText).toBe('-0')
  })

  it('from agent to agent, to an inbox and to the voters', async () => {
    const asked: string[] = []
    const ada = agentNamed('ada', ({ payloadText }) => {
      asked.push(payloadText)
      return { choice: 'approve' }
    })
    const bob = agentNamed('bob')
    const heard: (string | undefined)[] = []
    bob.onMessage(({ payloadText }) => {
      heard.push(payloadText)
      return rawJson(payloadText ?? 'null')
    })
    await Promise.all([ada.start(), bob.start()])
    for (const text of TEXTS) expect(await ada.request('bob', rawJson(text))).toEqual(JSON.parse(text))
    expect(heard).toEqual(TEXTS)

    await client.registerAgent({ agentId: 'away' })
    await ada.send('away', rawJson('1.50'), { isDurable: true })
    expect((await client.inbox('away')).messages.map(({ payloadText }) => payloadText)).toEqual(['1.50'])

    const electorate = { kind: 'agents' as const, agentIds: ['ada'] }
    const payload = rawJson('{"10":1,"9":2}')
    const { proposalId, payloadText } = await client.consensus.propose({ title: 't', payload, electorate })
    expect(payloadText).toBe(payload.text)
    await client.consensus.waitForDecision(proposalId)
    expect(asked).toEqual([payload.text])
    expect((await client.consensus.proposal(proposalId)).payloadText).toBe(payload.text)
    const { proposals } = await client.consensus.list()
    expect(proposals.map((proposal) => proposal.payloadText)).toContain(payload.text)
  })
})
