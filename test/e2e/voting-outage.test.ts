import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentNotice, type Ballot, SwarmAgent, SwarmClient, verifyDecision } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

type Opened = Awaited<ReturnType<SwarmClient['consensus']['propose']>>

const APPROVED_BY_THEMSELVES = {
  verdict: { isValid: true, selfCustodyQuorum: true, outcome: { verdict: 'approved', option: 'approve' } },
  evidence: [],
  troubles: [],
}
const NAMES = ['ada', 'bob', 'cy', 'dee']

describe('a decision under way', { timeout: 60_000 }, () => {
  let stateDir: string
  const nodes: TestNode[] = []
  const agents: SwarmAgent[] = []
  const notices: AgentNotice[] = []
  const waiting: (() => void)[] = []
  let redis: RedisServer | undefined

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'amos-outage-'))
    notices.length = 0
    waiting.length = 0
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await Promise.all(nodes.splice(0).map((node) => node.close()))
    await redis?.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  async function newNode(settings: Record<string, string>): Promise<TestNode> {
    const node = await startTestNode(settings)
    nodes.push(node)
    return node
  }

  /** Ada votes at once, all others when they are let. */
  async function startVoters(urlOf: (at: number) => string | string[]): Promise<void> {
    const whenLet = () => new Promise<Ballot>((resolve) => waiting.push(() => resolve({ choice: 'approve' })))
    for (const [at, agentId] of NAMES.entries()) {
      const agent = new SwarmAgent({
        url: urlOf(at),
        agentId,
        stateDir,
        onProposal: at === 0 ? () => ({ choice: 'approve' }) : whenLet,
        onNotice: (notice) => notices.push(notice),
      })
      agents.push(agent)
      await agent.start()
    }
  }

  async function proposeAndWaitForAda(client: SwarmClient): Promise<Opened> {
    const proposal = await client.consensus.propose({ title: 'Ship it?' })
    const ballots = async () => (await client.consensus.ballots(proposal.proposalId)).ballots
    await eventually(async () => (await ballots()).length === 1 && waiting.length === 3)
    return proposal
  }

  async function decisionOn(client: SwarmClient, { proposalId, electorateHash }: Opened) {
    const { certificate, evidence } = await client.consensus.waitForDecision(proposalId, {
      timeoutMs: 30_000,
    })
    const troubles = notices.filter(({ type }) => type === 'error' || type === 'voting_halted')
    return { verdict: verifyDecision(certificate, electorateHash), evidence, troubles }
  }

  it('goes on after a restart of the server, and nobody is asked again', async () => {
    const port = await freePort()
    const dataDir = await mkdtemp(join(tmpdir(), 'amos-outage-data-'))
    const settings = { AMOS_PORT: String(port), AMOS_DATA_DIR: dataDir }
    const first = await newNode(settings)
    const client = new SwarmClient({ url: first.url })
    await startVoters(() => first.url)
    const proposal = await proposeAndWaitForAda(client)
    await first.close()
    nodes.splice(0)
    await newNode(settings)
    await eventually(() => notices.filter(({ type }) => type === 'connected').length === 2 * NAMES.length)
    for (const vote of waiting.splice(0)) vote()
    expect(await decisionOn(client, proposal)).toMatchObject(APPROVED_BY_THEMSELVES)
    expect(waiting).toEqual([])
    await rm(dataDir, { recursive: true, force: true })
  })

  it('goes on over two nodes on one Redis, and when one of them goes away', async () => {
    redis = await startRedis()
    const settings = { AMOS_REDIS_URL: redis.url }
    const [first, second] = [await newNode(settings), await newNode(settings)]
    const urls = [first.url, second.url]
    await startVoters((at) => (at % 2 === 0 ? urls : urls.toReversed()))
    const client = new SwarmClient({ url: second.url })
    const proposal = await proposeAndWaitForAda(client)
    await first.close()
    nodes.splice(nodes.indexOf(first), 1)
    for (const vote of waiting.splice(0)) vote()
    expect(await decisionOn(client, proposal)).toMatchObject(APPROVED_BY_THEMSELVES)
  })
})
