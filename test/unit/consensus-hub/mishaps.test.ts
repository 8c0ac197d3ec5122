import { describe, expect, it } from 'vitest'
import { isSwarmError } from '#domain/model/errors.ts'
import { agentId, proposalId } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { pass, VotingAgent } from '../../helpers/decision/voting-agent.ts'
import { anAgent, Cluster, eventTypes, TestAgent } from '../domain/cluster.ts'
import { asked, hostedTable, merge, table } from './voting-table.ts'

const id = (at: number) => proposalId(`p${at}`)

describe('proposals that come at the same time', () => {
  it('are one where they are the same: it is opened once', async () => {
    const { cluster, node, agents, vote } = await hostedTable(3)
    const timersBefore = cluster.clock.timerCount
    await Promise.all([node.service.consensus.propose(asked()), node.service.consensus.propose(asked())])
    const [first] = agents
    const openings = first?.told.filter(({ type }) => type === 'consensus')
    expect(openings).toHaveLength(1)
    for (const agent of agents) await vote(agent, 'approve')
    await cluster.pass(1_000)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('decided')
    expect(cluster.clock.timerCount).toBe(timersBefore)
  })

  it('cannot pass the limit together', async () => {
    const { node } = await table(1, () => null, { orchestrator: { openProposalsMax: 5 } })
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => node.service.consensus.propose(asked({ proposalId: id(at) }))),
    )
    const codes = answers.flatMap((answer) =>
      answer.status === 'rejected' && isSwarmError(answer.reason) ? [answer.reason.code] : [],
    )
    expect(codes).toEqual(Array.from({ length: 15 }, () => 'limit_exceeded'))
  })

  it('leave no timer behind where the swarm is deleted meanwhile', async () => {
    const { cluster, node, faults } = await hostedTable(2)
    await node.service.consensus.propose(asked())
    faults.push({ delayMs: 50 })
    const late = node.service.consensus.propose(asked({ proposalId: id(1) })).catch(() => undefined)
    await cluster.pass(10)
    const deleting = node.service.swarm.delete({ force: true }).catch(() => undefined)
    await cluster.pass(100)
    await Promise.all([late, deleting])
    await node.directory.stop()
    expect(cluster.clock.timerCount).toBe(0)
  })
})

describe('the hub, where its store fails', () => {
  it('answers who votes for a hosted agent, and takes the same vote afterwards', async () => {
    const { cluster, node, agents, faults, vote } = await hostedTable(1)
    await node.service.consensus.propose(asked())
    const [first] = agents
    if (first === undefined) throw new Error('nobody is there')
    faults.push({ fail: 'before_commit' })
    await expect(cluster.settle(vote(first, 'approve'))).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(cluster.settle(vote(first, 'approve'))).rejects.toMatchObject({ code: 'store_unavailable' })
    await cluster.pass(1_500)
    await vote(first, 'approve')
    await cluster.pass(500)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('decided')
  })

  it('opens what was written without an answer as soon as somebody asks', async () => {
    const { cluster, node, agents, faults, vote } = await hostedTable(1)
    await node.service.consensus.propose(asked({ proposalId: id(0) }))
    faults.push({ fail: 'after_commit' })
    await expect(node.service.consensus.propose(asked())).rejects.toMatchObject({ code: 'store_unavailable' })
    for (const agent of agents) await vote(agent, 'approve')
    await cluster.pass(500)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('decided')
  })
})

describe('a ballot that an agent leaves to the hub', () => {
  it('is on record when it is answered', async () => {
    const { cluster, node, agents, faults } = await hostedTable(2)
    await node.service.consensus.propose(asked())
    const [first] = agents
    if (first === undefined) throw new Error('nobody is there')
    // Signed at once, and written a while later.
    faults.push(undefined, { delayMs: 50 })
    const ballot = { proposalId: merge, agentId: first.id, choice: 'approve' }
    const { ballots } = await cluster.settle(node.service.consensus.castBallot(ballot))
    expect(ballots).toMatchObject([{ voter: first.id }])
  })

  it.each([['bell \u0007'], ['\ud800'], ['ä'.repeat(501)]])(
    'is refused before it is signed where its reason is unfit: %j',
    async (reason) => {
      const { node, agents, vote } = await hostedTable(1)
      await node.service.consensus.propose(asked())
      const [first] = agents
      if (first === undefined) throw new Error('nobody is there')
      await expect(vote(first, 'approve', reason)).rejects.toMatchObject({ code: 'ballot_refused' })
      await vote(first, 'approve', 'a fit one')
      expect((await node.swarm.reader.proposal(merge)).ballots).toMatchObject([{ reason: 'a fit one' }])
    },
  )
})

describe('what has ended', () => {
  it.each([5, 15, 25, 35, 45, 55, 65])(
    'is not cancelled after it was decided, asked after %i ms',
    async (ms) => {
      const cluster = new Cluster({ faultFor: () => ({ delayMs: 10 }) })
      const node = await cluster.node()
      const { id } = await cluster.settle(anAgent('ada', node))
      await cluster.settle(node.service.consensus.propose(asked()))
      const ballot = { proposalId: merge, agentId: id, choice: 'approve' }
      const voting = node.service.consensus.castBallot(ballot).catch(() => undefined)
      await cluster.pass(ms)
      const cancelling = node.service.consensus.cancelProposal({ proposalId: merge, reason: 'no' })
      await cluster.settle(Promise.allSettled([voting, cancelling]))
      await cluster.pass(500)
      const types = await eventTypes(node, merge)
      expect(types.at(-1)).toBe('proposal.decided')
      const { isCancelled } = await node.swarm.reader.proposal(merge)
      expect(isCancelled).toBe(types.includes('proposal.cancel_requested'))
    },
  )

  it('has an event for each ballot that counts, before that of the decision, and takes no more', async () => {
    const faults: StepFault[] = []
    const { cluster, node, agents } = await table(4, () => 'approve', { faultFor: () => faults.shift() })
    await node.service.consensus.propose(asked())
    // The first ballot is being written while the others come and decide.
    faults.push({ delayMs: 200 })
    await pass(cluster, agents, 1_000)
    const { certificate, ballots } = await node.swarm.reader.proposal(merge)
    expect(ballots.map(({ voter }) => voter)).toEqual(certificate?.ballots.map(({ voter }) => voter))
    const casts = ballots.map(() => 'proposal.ballot_cast')
    expect(await eventTypes(node, merge)).toEqual(['proposal.opened', ...casts, 'proposal.decided'])
  })
})

describe('who asks after a proposal', () => {
  const ask = { kind: 'ask', proposalId: merge } as const

  it('is told that it is open where the store took it in without answering, and never that it is closed', async () => {
    const { node, agents, faults } = await hostedTable(1)
    await node.service.consensus.propose(asked({ proposalId: id(0) }))
    faults.push({ fail: 'after_commit' })
    await expect(node.service.consensus.propose(asked())).rejects.toMatchObject({ code: 'store_unavailable' })
    const [first] = agents
    await first?.say(ask)
    expect(first?.notices.at(-1)).toMatchObject({ kind: 'opened', proposalId: merge })
  })

  it('is told nothing, and costs no check of signatures, where it has no vote', async () => {
    const { cluster, node, agents } = await table(1, () => null)
    const stranger = await anAgent('stranger', node)
    for (const agent of agents) await agent.detach('server')
    await node.service.consensus.propose(
      asked({ electorate: { kind: 'agents', agentIds: agents.map((one) => one.id) } }),
    )
    await pass(cluster, agents, 40_000)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('undecided')
    for (const message of [ask, { kind: 'certificate', proposalId: merge, certificate: {} }] as const)
      await expect(stranger.say(message)).rejects.toMatchObject({ code: 'not_a_voter' })
    const toldOfProposals = () => stranger.notices.filter((notice) => 'proposalId' in notice)
    expect(toldOfProposals()).toEqual([])
    // One that nobody knows any more: the agent may have voted on it before it was forgotten.
    await stranger.say({ ...ask, proposalId: id(9) })
    expect(toldOfProposals()).toEqual([{ kind: 'closed', proposalId: id(9) }])
  })
})

describe('voters that change while they vote', () => {
  it('go on under the key they were asked with: the hub for one that has got its own since', async () => {
    const { cluster, node, agents, vote } = await hostedTable(3)
    await node.service.consensus.propose(asked())
    const [first] = agents
    await new VotingAgent({ name: 'h0', choose: () => 'reject' }, { node, clock: cluster.clock }).join()
    await first?.attach()
    expect(first?.notices).toContainEqual(expect.objectContaining({ kind: 'opened', proposalId: merge }))
    for (const agent of agents) await vote(agent, 'approve')
    await cluster.pass(1_000)
    const { certificate } = await node.swarm.reader.proposal(merge)
    expect(certificate).toMatchObject({ outcome: { verdict: 'approved' } })
    expect(certificate?.electorate.map(({ custody }) => custody)).toEqual(['hub', 'hub', 'hub'])
  })

  it('are missing where they have left their key to the hub since: it does not vote by that', async () => {
    const party = await table(4)
    const { cluster, node, agents } = party
    await node.service.consensus.propose(asked())
    const [first] = agents
    await first?.register()
    await first?.attach()
    const ballot = { proposalId: merge, agentId: first!.id, choice: 'reject' }
    await expect(node.service.consensus.castBallot(ballot)).rejects.toMatchObject({ code: 'ballot_refused' })
    await pass(cluster, agents.slice(1), 1_000)
    const { certificate } = await node.swarm.reader.proposal(merge)
    expect(certificate).toMatchObject({ outcome: { verdict: 'approved' }, tally: { missingWeight: 1 } })
  })

  it('may be gone, all of them: it ends undecided, and nothing is left of it', async () => {
    const { cluster, node, agents } = await table(3, () => null)
    await node.service.consensus.propose(asked())
    await pass(cluster, agents, 10)
    for (const agent of agents) {
      agent.crash()
      await node.service.agents.deregister({ agentId: agent.id })
    }
    const timersBefore = cluster.clock.timerCount
    await cluster.pass(40_000)
    expect((await node.swarm.reader.proposal(merge)).status).toBe('undecided')
    expect(cluster.clock.timerCount).toBeLessThan(timersBefore)
  })

  it('may be as many as fifty, of all weights, and the first to propose none of them', async () => {
    const { cluster, node, agents } = await table(50)
    const weights = Object.fromEntries(agents.map(({ id: name }, at) => [name, at === 0 ? 1 : 1_000_000]))
    await new TestAgent('nobody', node).register()
    await node.service.consensus.propose(asked({ weights, firstProposer: agentId('nobody') }))
    await pass(cluster, agents, 500)
    const { certificate } = await node.swarm.reader.proposal(merge)
    expect(certificate).toMatchObject({
      outcome: { verdict: 'approved' },
      tally: { totalWeight: 49_000_001 },
    })
  })
})

it('an agent may have the name of a thing that every object has', async () => {
  const { node } = await hostedTable(1)
  const heir = await anAgent('constructor', node)
  const { electorate } = await node.service.consensus.propose(asked())
  expect(electorate).toMatchObject([{ agentId: heir.id, weight: 1 }, { weight: 1 }])
})
