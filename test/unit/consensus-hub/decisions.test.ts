import { describe, expect, it } from 'vitest'
import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import { compareBallots } from '#domain/consensus/ballot-box.ts'
import { buildCertificate, type DecisionCertificate } from '#domain/consensus/certificate.ts'
import { valueIdOf } from '#domain/consensus/decision-value.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import { possessionBytes, signBytes } from '#domain/consensus/sign-bytes.ts'
import type { UnsignedStatement } from '#domain/consensus/signed-messages.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import { agentId, proposalId } from '#domain/model/ids.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'
import { pass, type VotingAgent } from '../../helpers/decision/voting-agent.ts'
import { agentSpec, anAgent, Cluster, eventTypes, TENANT, type TestNode } from '../domain/cluster.ts'
import { asked, merge, table } from './voting-table.ts'

function verdict(node: TestNode, agents: readonly VotingAgent[]) {
  return node.swarm.reader.proposal(merge).then(({ certificate, electorateHash }) => {
    for (const agent of agents) expect(agent.certificates.get(merge)).toEqual(certificate)
    return verifyDecision(certificate, electorateHash, { hasher: sha256Hasher, verifier: toyVerifier })
  })
}

describe('agents with keys of their own', () => {
  it.each([1, 2, 3, 4, 10])('decide together through the hub, %i of them', async (count) => {
    const { cluster, node, agents } = await table(count)
    await node.service.consensus.propose(asked())
    await pass(cluster, agents, 500)
    expect(await verdict(node, agents)).toMatchObject({
      isValid: true,
      outcome: { verdict: 'approved', option: 'approve' },
      selfCustodyQuorum: true,
    })
    expect(await eventTypes(node, merge)).toEqual([
      'proposal.opened',
      ...Array.from({ length: count }, () => 'proposal.ballot_cast'),
      'proposal.decided',
    ])
  })

  it('reject what too few approve, and end what they do not answer in time', async () => {
    const { cluster, node, agents } = await table(4, (at, id) => {
      if (id === merge) return at < 2 ? 'approve' : 'reject'
      return at < 2 ? 'approve' : null
    })
    const silence = proposalId('silence')
    await node.service.consensus.propose(asked())
    await node.service.consensus.propose(asked({ proposalId: silence }))
    await pass(cluster, agents, 6_000)
    expect(await verdict(node, agents)).toMatchObject({ outcome: { verdict: 'rejected' } })
    const ended = await node.swarm.reader.proposal(silence)
    expect(ended.certificate).toMatchObject({ ending: 'expired', outcome: { verdict: 'inconclusive' } })
  })

  it('agree on a cancellation, but not against ballots that have decided', async () => {
    const { cluster, node, agents } = await table(4, (at) => (at < 2 ? 'approve' : null))
    await node.service.consensus.propose(asked())
    await pass(cluster, agents, 100)
    await node.service.consensus.cancelProposal({ proposalId: merge, reason: 'changed my mind' })
    await pass(cluster, agents, 500)
    expect(await verdict(node, agents)).toMatchObject({ ending: 'cancelled' })
    const late = node.service.consensus.cancelProposal({ proposalId: merge, reason: 'again' })
    await expect(late).rejects.toMatchObject({ code: 'proposal_closed', details: { status: 'decided' } })
  })

  it('decide without one that is gone, and tell it when it comes back', async () => {
    const { cluster, node, agents } = await table(4, (at) => (at < 3 ? 'approve' : null))
    const [away] = agents.slice(3)
    await node.service.consensus.propose(asked())
    // It has heard of the proposal, and nothing more.
    await away?.listen()
    await away?.detach('server')
    await pass(cluster, agents.slice(0, 3), 1_000)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('decided')
    await away?.comeTo(node)
    await pass(cluster, agents, 2_000)
    expect(await verdict(node, agents)).toMatchObject({ isValid: true })
  })

  it('decide although one crashes after its ballot and comes back with its record', async () => {
    const { cluster, node, agents } = await table(3)
    await node.service.consensus.propose(asked())
    await pass(cluster, agents, 0)
    const [first] = agents
    first?.crash()
    await first?.detach('agent')
    await pass(cluster, agents.slice(1), 200)
    await first?.comeTo(node)
    await pass(cluster, agents, 2_000)
    expect(await verdict(node, agents)).toMatchObject({ isValid: true })
    expect(new Set(first?.slots).size).toBe(first?.slots.length)
  })

  it.each([0, 5, 10])('decide although the hub is killed %i ms into it', async (afterMs) => {
    const { cluster, node, agents } = await table(4)
    await node.service.consensus.propose(asked({ deadlineMs: 60_000 }))
    await pass(cluster, agents, afterMs)
    node.die()
    const next = await cluster.node()
    await Promise.all(agents.map((agent) => cluster.settle(agent.comeTo(next))))
    await pass(cluster, agents, 5_000)
    expect(await verdict(next, agents)).toMatchObject({ isValid: true, outcome: { verdict: 'approved' } })
    for (const { slots } of agents) expect(new Set(slots).size).toBe(slots.length)
  })

  it('are undecided where no quorum is left, until a certificate turns up after all', async () => {
    const { cluster, node, agents } = await table(4)
    const everybody = { kind: 'agents' as const, agentIds: agents.map(({ id }) => id) }
    await agents[0]?.detach('server')
    await agents[1]?.detach('server')
    await node.service.consensus.propose(asked({ electorate: everybody }))
    await pass(cluster, agents.slice(2), 40_000)
    expect(await node.swarm.reader.proposal(merge)).toMatchObject({ status: 'undecided', certificate: null })
    expect(await eventTypes(node, merge)).toContain('proposal.undecided')

    const [last] = agents.slice(3)
    const instance = last?.instances.get(merge)
    if (last === undefined || instance === undefined) throw new Error('nothing was opened')
    const certificate = certify(instance, agents)
    await last.say({
      kind: 'certificate',
      proposalId: merge,
      certificate: { ...certificate, precommits: [] },
    })
    await cluster.pass(10)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('undecided')
    await last.say({ kind: 'certificate', proposalId: merge, certificate })
    await cluster.pass(10)
    expect(await node.swarm.reader.proposal(merge)).toMatchObject({ status: 'decided', certificate })
  })
})

/** What the agents would have come to, had they heard each other. */
function certify(instance: DecisionInstance, agents: readonly VotingAgent[]): DecisionCertificate {
  const sign = <M extends UnsignedStatement>(agent: VotingAgent, message: M) => ({
    ...message,
    signature: agent.key.sign(signBytes(instance, message)),
  })
  const ballots = agents.map((agent) =>
    sign(agent, { kind: 'ballot' as const, voter: agent.id, choice: 'approve' }),
  )
  const value = { ending: 'tally' as const, ballots: ballots.toSorted(compareBallots) }
  const valueId = valueIdOf(value, sha256Hasher)
  const precommits = agents.map((agent) =>
    sign(agent, { kind: 'precommit' as const, voter: agent.id, round: 0, validRound: -1, valueId }),
  )
  return buildCertificate(instance, value, 0, precommits)
}

describe('agents whose keys the hub holds', () => {
  it('may answer in the very moment they are told, before their voters have their seats', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const proposing = node.service.consensus.propose(asked())
    while (!ada.told.some(({ type }) => type === 'consensus')) await Promise.resolve()
    const message = { kind: 'choice' as const, proposalId: merge, choice: 'approve' }
    await node.service.consensus.hear({ agentId: ada.id, sessionId: ada.session, message })
    await proposing
    expect((await node.swarm.reader.proposal(merge)).ballots).toMatchObject([{ voter: 'ada' }])
  })
})

describe('what the hub refuses', () => {
  it('quarantines a voter that signs two ballots, counts it as abstaining and shows why', async () => {
    const { cluster, node, agents } = await table(4, (at) => (at < 3 ? 'approve' : null))
    const [liar] = agents.slice(3)
    await node.service.consensus.propose(asked())
    await pass(cluster, agents, 0)
    const instance = liar?.instances.get(merge)
    if (liar === undefined || instance === undefined) throw new Error('nothing was opened')
    for (const choice of ['approve', 'reject']) {
      const ballot = { kind: 'ballot' as const, voter: liar.id, choice }
      const signature = liar.key.sign(signBytes(instance, ballot))
      await liar.say({ kind: 'statement', proposalId: merge, message: { ...ballot, signature } })
    }
    await pass(cluster, agents, 500)
    const record = await node.swarm.reader.proposal(merge)
    expect(record.evidence).toMatchObject([{ voter: liar.id }])
    expect((await node.swarm.reader.agent(liar.id)).quarantine).toContain('two different ballots')
    expect(await eventTypes(node, liar.id)).toContain('agent.quarantined')
    const next = await node.service.consensus.propose(asked({ proposalId: proposalId('next') }))
    expect(next.electorate.map((voter) => voter.agentId)).not.toContain(liar.id)
    await node.service.agents.patch({ agentId: liar.id, spec: {}, isQuarantined: false })
    expect((await node.swarm.reader.agent(liar.id)).quarantine).toBeUndefined()
  })

  it('counts forged, foreign and replayed words, and passes none of them on', async () => {
    const { cluster, node, agents } = await table(2, () => null)
    const stranger = await anAgent('stranger', node)
    await node.service.consensus.propose(
      asked({ electorate: { kind: 'agents', agentIds: agents.map(({ id }) => id) } }),
    )
    await pass(cluster, agents, 0)
    const [first] = agents
    const instance = first?.instances.get(merge)
    if (first === undefined || instance === undefined) throw new Error('nothing was opened')
    const ballot = { kind: 'ballot' as const, voter: first.id, choice: 'approve' }
    const real = { ...ballot, signature: first.key.sign(signBytes(instance, ballot)) }
    const forged = { ...ballot, signature: toyKey('mallory').sign(signBytes(instance, ballot)) }
    await first.say({ kind: 'statement', proposalId: merge, message: forged })
    await first.say({ kind: 'statement', proposalId: merge, message: real })
    await first.say({ kind: 'statement', proposalId: merge, message: real })
    await first.say({ kind: 'statement', proposalId: merge, message: { ...real, voter: stranger.id } })
    const foreign = node.service.consensus.hear({
      agentId: stranger.id,
      sessionId: stranger.session,
      message: { kind: 'statement', proposalId: merge, message: real },
    })
    await expect(foreign).rejects.toMatchObject({ code: 'not_a_voter' })
    expect(await node.service.consensus.counts()).toMatchObject({
      accepted: 1,
      forged: 1,
      duplicate: 1,
      unknown_voter: 1,
      foreign: 1,
    })
    expect((await node.swarm.reader.proposal(merge)).ballots).toEqual([real])
  })

  it('refuses keys of small order, without proof, and of somebody else', async () => {
    const { node, agents } = await table(1)
    const [first] = agents
    if (first === undefined) throw new Error('nobody is there')
    const { publicKey } = toyKey('eve')
    const proof = toyKey('eve').sign(new Uint8Array())
    const claims = [
      { publicKey: '01'.padEnd(64, '0') as typeof publicKey, proof },
      { publicKey, proof },
    ]
    for (const voterKey of claims) {
      const registered = node.service.agents.register({
        agentId: agentId('eve'),
        spec: { name: 'eve', capabilities: [], slots: 1, resources: {}, labels: {} },
        isNew: false,
        voterKey,
      })
      await expect(registered).rejects.toMatchObject({ code: 'key_refused' })
    }
  })

  it('lets one of two agents have a key that both claim at once', async () => {
    const { node } = await table(1)
    const { publicKey, sign } = toyKey('shared')
    const registrations = ['ann', 'ben'].map((name) => {
      const owner = { tenantId: TENANT, swarmId: DEFAULT_SWARM_ID, agentId: agentId(name), publicKey }
      const voterKey = { publicKey, proof: sign(possessionBytes(owner)) }
      return node.service.agents.register({
        agentId: owner.agentId,
        spec: agentSpec(name),
        isNew: false,
        voterKey,
      })
    })
    const [first, second] = await Promise.allSettled(registrations)
    expect(first?.status).toBe('fulfilled')
    expect(second).toMatchObject({ reason: { code: 'key_refused', details: { reason: 'in_use' } } })
  })

  it('refuses what cannot be put to the vote', async () => {
    const { node, agents } = await table(2)
    await node.service.consensus.propose(asked())
    const refusals = [
      [asked({ title: 'Another?' }), 'proposal_exists'],
      [asked({ proposalId: proposalId('a'), mode: 'choice', options: ['x'] }), 'proposal_unsound'],
      [asked({ proposalId: proposalId('b'), title: 'bell \u0007' }), 'proposal_unsound'],
      [asked({ proposalId: proposalId('c'), weights: { nobody: 2 } }), 'electorate_unsound'],
      [
        asked({ proposalId: proposalId('d'), electorate: { kind: 'agents', agentIds: [agentId('x')] } }),
        'agent_not_found',
      ],
      [
        asked({ proposalId: proposalId('e'), electorate: { kind: 'capability', capability: 'fly' } }),
        'electorate_unsound',
      ],
    ] as const
    for (const [request, code] of refusals)
      await expect(node.service.consensus.propose(request)).rejects.toMatchObject({ code })
    expect(await node.service.consensus.propose(asked())).toMatchObject({ proposalId: merge })
    const [first] = agents
    const ballot = { proposalId: merge, agentId: first?.id ?? agentId('x'), choice: 'approve' }
    await expect(node.service.consensus.castBallot(ballot)).rejects.toMatchObject({ code: 'ballot_refused' })
    const stranger = node.service.consensus.castBallot({ ...ballot, agentId: agentId('x') })
    await expect(stranger).rejects.toMatchObject({ code: 'not_a_voter' })
    const unknown = node.service.consensus.castBallot({ ...ballot, proposalId: proposalId('unknown') })
    await expect(unknown).rejects.toMatchObject({ code: 'proposal_not_found' })
  })
})
