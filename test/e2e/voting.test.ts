import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AgentDecision,
  type AgentNotice,
  type Ballot,
  SwarmAgent,
  type SwarmAgentOptions,
  SwarmClient,
  verifyDecision,
} from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const approve = (): Ballot => ({ choice: 'approve' })
const WAIT = { timeoutMs: 20_000 }

describe('agents that decide together', { timeout: 60_000 }, () => {
  let node: TestNode
  let client: SwarmClient
  let stateDir: string
  const agents: SwarmAgent[] = []
  const decisions: AgentDecision[] = []
  const notices: AgentNotice[] = []

  beforeEach(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
    stateDir = await mkdtemp(join(tmpdir(), 'amos-voting-'))
    decisions.length = 0
    notices.length = 0
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await node.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  /** With a key of its own, unless told otherwise. */
  async function joinSwarm(agentId: string, options: Partial<SwarmAgentOptions> = {}): Promise<SwarmAgent> {
    const agent = new SwarmAgent({
      url: node.url,
      agentId,
      stateDir,
      onProposal: approve,
      onDecision: (decision) => decisions.push(decision),
      onNotice: (notice) => notices.push(notice),
      ...options,
    })
    agents.push(agent)
    await agent.start()
    return agent
  }

  it('each with its own key: the certificate proves what they agreed on, without the server', async () => {
    await Promise.all([
      ...['ada', 'bob', 'cy'].map((name) => joinSwarm(name)),
      joinSwarm('dee', { frames: 'msgpack' }),
    ])
    const { proposalId, electorateHash } = await client.consensus.propose({
      title: 'Ship it?',
      payload: { build: 7 },
    })
    const { certificate, outcome } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'approve' })
    expect(verifyDecision(certificate, electorateHash)).toMatchObject({
      isValid: true,
      selfCustodyQuorum: true,
      totalWeight: 4,
    })
    expect(verifyDecision(certificate, undefined)).toMatchObject({ isValid: false })
    await eventually(() => expect(decisions).toHaveLength(4))
    for (const decision of decisions) expect(decision).toMatchObject({ proposalId, outcome })
    expect(notices.filter(({ type }) => type !== 'connected')).toEqual([])
  })

  it('some of them with keys of the server: the certificate says whose word it rests on', async () => {
    await Promise.all(['ada', 'bob'].map((name) => joinSwarm(name)))
    for (const agentId of ['cy', 'dee']) {
      const agent = new SwarmAgent({
        url: node.url,
        agentId,
        onProposal: approve,
        onDecision: (decision) => decisions.push(decision),
      })
      agents.push(agent)
      await agent.start()
    }
    const { proposalId, electorateHash } = await client.consensus.propose({ title: 'Ship it?' })
    const { certificate } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(verifyDecision(certificate, electorateHash)).toMatchObject({
      isValid: true,
      selfCustodyQuorum: false,
    })
    expect(certificate?.electorate.map(({ custody }) => custody)).toEqual(['self', 'self', 'hub', 'hub'])
    await eventually(() => expect(decisions).toHaveLength(4))
  })

  it('choose among several options, with reasons, and abstain', async () => {
    const choices: Record<string, Ballot> = {
      ada: { choice: 'green', reason: 'it is calm' },
      bob: { choice: 'green' },
      cy: { choice: 'green', reason: 'é' },
      dee: { choice: 'abstain' },
    }
    for (const [name, ballot] of Object.entries(choices)) await joinSwarm(name, { onProposal: () => ballot })
    const { proposalId, electorateHash } = await client.consensus.propose({
      title: 'Which colour?',
      mode: 'choice',
      options: ['red', 'green', 'blue'],
    })
    const { outcome, certificate } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'green' })
    expect(verifyDecision(certificate, electorateHash)).toMatchObject({ isValid: true })
    const { ballots } = await client.consensus.ballots(proposalId)
    expect(ballots.filter(({ choice }) => choice === 'green')).toHaveLength(3)
  })

  it('take a proposal back together, and stop those who still think about it', async () => {
    const aborted: string[] = []
    for (const name of ['ada', 'bob', 'cy', 'dee']) {
      await joinSwarm(name, {
        onProposal: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted.push(name)
              reject(signal.reason as Error)
            })
          }),
      })
    }
    const { proposalId } = await client.consensus.propose({ title: 'Ship it?' })
    await client.consensus.cancel(proposalId, 'found a bug')
    const { outcome, certificate } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'inconclusive' })
    expect(certificate?.ending).toBe('cancelled')
    await eventually(() => expect(aborted.toSorted()).toEqual(['ada', 'bob', 'cy', 'dee']))
    expect(notices.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('agree that nothing came of it when the deadline has passed', async () => {
    for (const name of ['ada', 'bob', 'cy', 'dee']) await joinSwarm(name, { onProposal: () => null })
    const { proposalId } = await client.consensus.propose({ title: 'Ship it?', deadlineMs: 200 })
    const { outcome, certificate } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'inconclusive' })
    expect(certificate?.ending).toBe('expired')
  })

  it('count weights, not heads', async () => {
    const reject = (): Ballot => ({ choice: 'reject' })
    await Promise.all([joinSwarm('ada'), joinSwarm('bob'), joinSwarm('cy', { onProposal: reject })])
    const weights = { ada: 3, bob: 2, cy: 2 }
    const { proposalId, electorateHash } = await client.consensus.propose({ title: 'Ship it?', weights })
    const { outcome, certificate } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'approve' })
    expect(verifyDecision(certificate, electorateHash)).toMatchObject({ isValid: true, totalWeight: 7 })
  })

  it('never sign twice, however often one of them is restarted in the middle', async () => {
    const others: (() => void)[] = []
    const whenTold = () => new Promise<Ballot>((resolve) => others.push(() => resolve({ choice: 'approve' })))
    for (const name of ['ada', 'bob', 'cy']) await joinSwarm(name, { onProposal: whenTold })
    let dee = await joinSwarm('dee', { onProposal: () => ({ choice: 'approve', reason: 'first thought' }) })
    const { proposalId } = await client.consensus.propose({ title: 'Ship it?' })
    await eventually(async () => expect((await client.consensus.ballots(proposalId)).ballots).toHaveLength(1))
    for (let round = 0; round < 3; round += 1) {
      await dee.close()
      dee = await joinSwarm('dee', { onProposal: () => ({ choice: 'reject', reason: 'second thought' }) })
    }
    for (const vote of others) vote()
    const { outcome, evidence } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'approve' })
    expect(evidence).toEqual([])
    expect((await client.getAgent('dee')).publicKey).toMatch(/^[0-9a-f]{64}$/)
    const { ballots } = await client.consensus.ballots(proposalId)
    const reasons = ballots.flatMap(({ voter, reason }) => (voter === 'dee' ? [reason] : []))
    expect(['first thought', ...reasons].filter((reason) => reason !== 'first thought')).toEqual([])
    await eventually(() => expect(decisions).toHaveLength(4))
  })

  it('learn what was decided while they were away, and are done with it', async () => {
    const [ada] = await Promise.all([
      joinSwarm('ada'),
      ...['bob', 'cy', 'dee'].map((name) => joinSwarm(name, { onProposal: () => null })),
    ])
    const { proposalId } = await client.consensus.propose({ title: 'Ship it?' })
    await eventually(async () => expect((await client.consensus.ballots(proposalId)).ballots).toHaveLength(1))
    await ada.close()
    await client.consensus.cancel(proposalId)
    await client.consensus.waitForDecision(proposalId, WAIT)
    await joinSwarm('ada')
    const own = join(stateDir, 'default', 'default', 'ada')
    const key = (await readdir(own)).find((name) => name.startsWith('key-')) ?? ''
    const journal = () => readFile(join(own, key, 'signed.jsonl'), 'utf8')
    await eventually(async () => expect(await journal()).toContain(`{"ended":"${proposalId}"}`))
  })

  it('stop voting when their record is gone, and come back with another key', async () => {
    await Promise.all(['ada', 'bob', 'cy'].map((name) => joinSwarm(name)))
    const dee = await joinSwarm('dee')
    const before = await client.getAgent('dee')
    await dee.close()
    await rm(
      join(stateDir, 'default', 'default', 'dee', `key-${before.publicKey?.slice(0, 16)}`, 'signed.jsonl'),
    )
    await joinSwarm('dee')
    const after = await client.getAgent('dee')
    expect(after.publicKey).not.toBe(before.publicKey)
    const { proposalId, electorate } = await client.consensus.propose({
      title: 'Ship it?',
      threshold: { numerator: 1, denominator: 1 },
    })
    expect(electorate.find(({ agentId }) => agentId === 'dee')?.publicKey).toBe(after.publicKey)
    const { outcome } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'approve' })
  })

  it('vote over plain HTTP, too, by keys that the server holds for them', async () => {
    const names = ['ada', 'bob', 'cy', 'dee']
    for (const agentId of names) await client.registerAgent({ agentId })
    const { proposalId, electorateHash } = await client.consensus.propose({
      title: 'Ship it?',
      electorate: { kind: 'agents', agentIds: names },
    })
    for (const agentId of names.slice(0, 3))
      await client.consensus.castBallot(proposalId, { agentId, choice: 'approve', reason: `says ${agentId}` })
    const { certificate, outcome } = await client.consensus.waitForDecision(proposalId, WAIT)
    expect(outcome).toEqual({ verdict: 'approved', option: 'approve' })
    expect(verifyDecision(certificate, electorateHash)).toMatchObject({ isValid: true, selfCustodyWeight: 0 })
    await expect(
      client.consensus.castBallot(proposalId, { agentId: 'dee', choice: 'approve' }),
    ).rejects.toMatchObject({ code: 'proposal_closed' })
    expect((await client.consensus.list({ status: 'decided' })).proposals).toMatchObject([{ proposalId }])
  })

  it('cannot register a key that is weak, or not their own', async () => {
    const proof = '0'.repeat(128)
    const smallOrder = '01'.padEnd(64, '0')
    const nonCanonical = `ee${'ff'.repeat(30)}7f`
    await joinSwarm('ada')
    const { publicKey } = await client.getAgent('ada')
    for (const [key, reason] of [
      [smallOrder, 'small_order'],
      [nonCanonical, 'non_canonical'],
      [publicKey ?? '', 'not_possessed'],
    ] as const) {
      await expect(
        client.registerAgent({ agentId: 'mal', voterKey: { publicKey: key, proof } }),
      ).rejects.toMatchObject({ code: 'key_refused', details: { reason } })
    }
  })
})
