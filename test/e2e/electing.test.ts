import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LeaderView } from '#contract/index.ts'
import { type VoteCertificate, voteCertificateDefect } from '#domain/consensus/raft/vote-certificate.ts'
import { publicKey } from '#domain/model/hex.ts'
import { agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { type AgentNotice, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const PLACE = { tenantId: tenantId('default'), swarmId: swarmId('default') }

describe('agents that elect their leader', { timeout: 60_000 }, () => {
  let node: TestNode
  let client: SwarmClient
  let stateDir: string
  const agents = new Map<string, SwarmAgent>()
  const notices: AgentNotice[] = []

  beforeEach(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
    stateDir = await mkdtemp(join(tmpdir(), 'amos-electing-'))
    notices.length = 0
  })
  afterEach(async () => {
    await Promise.all([...agents.values()].map((agent) => agent.close()))
    agents.clear()
    await node.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  async function joinSwarm(name: string): Promise<void> {
    const onNotice = (notice: AgentNotice) => notices.push(notice)
    const agent = new SwarmAgent({ url: node.url, agentId: name, stateDir, onNotice })
    agents.set(name, agent)
    await agent.start()
  }

  function leader(isFit: (view: LeaderView) => boolean): Promise<LeaderView> {
    let last: LeaderView | undefined
    return eventually(
      async () => {
        last = await client.consensus.leader()
        return last.leaderId !== null && isFit(last) && last
      },
      { timeoutMs: 20_000, what: () => `a leader; is: ${JSON.stringify(last)}` },
    )
  }

  const votersOf = ({ voters }: LeaderView): string[] => voters.map((voter) => voter.agentId).toSorted()
  const troubles = () => notices.filter(({ type }) => type === 'error' || type === 'voting_halted')

  it('find one by themselves, and anybody can check the votes', async () => {
    await Promise.all(['ada', 'bob', 'cy'].map((name) => joinSwarm(name)))
    const view = await leader(({ certificate }) => certificate !== null)
    const keys = new Map(view.voters.map((voter) => [agentId(voter.agentId), publicKey(voter.publicKey)]))
    const trusted = new Map(
      view.certificate?.voters.map((voter) => [agentId(voter), keys.get(agentId(voter))!]),
    )
    const certificate = view.certificate as unknown as VoteCertificate
    expect(voteCertificateDefect(PLACE, certificate, trusted, new Ed25519Verifier())).toBeUndefined()
    await leader((later) => votersOf(later).join() === 'ada,bob,cy')
    expect(troubles()).toEqual([])
  })

  it('find another when theirs goes, and take it in again when it comes back', async () => {
    await Promise.all(['ada', 'bob', 'cy'].map((name) => joinSwarm(name)))
    const first = await leader((view) => votersOf(view).length === 3)
    const gone = first.leaderId ?? ''
    await agents.get(gone)?.close()
    const second = await leader(({ leaderId }) => leaderId !== gone)
    expect(second.term).toBeGreaterThan(first.term)
    await joinSwarm(gone)
    await leader((view) => votersOf(view).length === 3)
    expect(troubles()).toEqual([])
  })

  it('hand over to whom an operator names', async () => {
    await Promise.all(['ada', 'bob', 'cy'].map((name) => joinSwarm(name)))
    const { leaderId, term } = await leader((view) => votersOf(view).length === 3)
    const successor = ['ada', 'bob', 'cy'].find((name) => name !== leaderId) ?? ''
    await client.consensus.startElection({ transferTo: successor })
    expect((await leader((view) => view.leaderId === successor)).term).toBeGreaterThan(term)
  })
})
