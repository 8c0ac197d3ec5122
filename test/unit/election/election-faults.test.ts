import { describe, expect, it } from 'vitest'
import type { RaftMessage, VoteGrant } from '#domain/consensus/raft/raft-message.ts'
import { type ElectorateEpoch, electorateEpoch, type Term, term } from '#domain/consensus/raft/term.ts'
import { type VoteCertificate, voteBytes } from '#domain/consensus/raft/vote-certificate.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { toyKey } from '#simulation/toy-signatures.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { agentSpec, Cluster, LEASE_MS } from '../domain/cluster.ts'
import { type AgentVoter, PLACE } from './agent-voter.ts'
import {
  type ElectingSwarm,
  eventsNamed,
  joined,
  leaderIn,
  leadersByTerm,
  swarmOf,
} from './electing-swarm.ts'

const FIRST = electorateEpoch(1)
/** A dead node's claim lapses after 2 s; the others look every 500 ms. */
const TAKEOVER_MS = 3_000

function vote(voter: AgentId, candidate: AgentId, votedIn: Term, epoch: ElectorateEpoch = FIRST): VoteGrant {
  const signature = toyKey(voter).sign(voteBytes(PLACE, { epoch, term: votedIn, voter, candidate }))
  return { type: 'vote_grant', epoch, term: votedIn, from: voter, to: candidate, signature }
}

function certificateFor(leaderId: AgentId, voters: readonly AgentId[], wonIn: Term): VoteCertificate {
  const votes = voters.map((voter) => ({ voter, signature: vote(voter, leaderId, wonIn).signature }))
  return { epoch: FIRST, term: wonIn, leaderId, voters, votes }
}

async function settled(count: number): Promise<ElectingSwarm> {
  const swarm = await swarmOf(count)
  await swarm.cluster.pass(1_000)
  return swarm
}

async function countsAfter(swarm: ElectingSwarm): Promise<Readonly<Record<string, number>>> {
  await swarm.cluster.pass(10)
  return swarm.node.service.consensus.counts()
}

/** What a voter was told by others, of one kind. */
function messagesTo(swarm: ElectingSwarm, voter: AgentId, type: RaftMessage['type']): readonly RaftMessage[] {
  const { agent } = swarm.voters.find(({ id }) => id === voter)!
  return agent.told.flatMap((delivery) => {
    if (delivery.type !== 'consensus' || delivery.notice.kind !== 'election') return []
    const { message } = delivery.notice
    return message.type === type ? [message] : []
  })
}

describe('the hub', () => {
  it('drops a vote that its voter did not sign', async () => {
    const swarm = await settled(3)
    const [a, b, c] = swarm.voters as [AgentVoter, AgentVoter, AgentVoter]
    const { signature } = vote(c.id, a.id, term(9))
    await b.utter({ kind: 'election', message: { ...vote(b.id, a.id, term(9)), signature } })
    expect(await countsAfter(swarm)).toMatchObject({ vote_forged: 1 })
    expect(messagesTo(swarm, a.id, 'vote_grant').filter(({ term: given }) => given === 9)).toEqual([])
  })

  it('carries nothing in another agent’s name, from strangers or to them', async () => {
    const swarm = await settled(14)
    const [a, b] = swarm.voters
    const stranger = swarm.voters.at(-1)!
    const inAnothersName = a!.utter({ kind: 'election', message: vote(b!.id, a!.id, term(9)) })
    await expect(inAnothersName).rejects.toMatchObject({ code: 'not_a_voter' })
    const fromStranger = stranger.utter({ kind: 'election', message: vote(stranger.id, a!.id, term(9)) })
    await expect(fromStranger).rejects.toMatchObject({ code: 'not_a_voter' })
    await a!.utter({ kind: 'election', message: vote(a!.id, stranger.id, term(9)) })
    expect(await countsAfter(swarm)).toMatchObject({ foreign: 3 })
    expect(messagesTo(swarm, a!.id, 'vote_grant').filter(({ term: given }) => given === 9)).toEqual([])
    expect(messagesTo(swarm, stranger.id, 'vote_grant')).toEqual([])
  })

  it('believes no leader that strangers elected, nor one of an earlier term, nor one without a majority', async () => {
    const swarm = await settled(14)
    const { leadership } = await swarm.node.service.consensus.leader()
    const ids = swarm.voters.map(({ id }) => id)
    const [a] = swarm.voters
    const strangers = certificateFor(a!.id, ids.slice(11), term(90))
    await a!.utter({ kind: 'leadership', certificate: strangers })
    const old = certificateFor(a!.id, ids.slice(0, 11), term(0))
    await a!.utter({ kind: 'leadership', certificate: old })
    const minority = certificateFor(a!.id, ids.slice(0, 11), term(90))
    await a!.utter({ kind: 'leadership', certificate: { ...minority, votes: minority.votes.slice(0, 5) } })
    expect(await countsAfter(swarm)).toMatchObject({ unproven: 2, duplicate: 1 })
    expect((await swarm.node.service.consensus.leader()).leadership).toEqual(leadership)
  })

  it('quarantines a voter that votes for two in one term, and the committee goes on without it', async () => {
    const swarm = await settled(4)
    const cheat = swarm.voters.find(({ isLeading }) => !isLeading)!
    const [one, other] = swarm.voters.filter((voter) => voter !== cheat)
    await cheat.utter({ kind: 'election', message: vote(cheat.id, one!.id, term(50)) })
    await cheat.utter({ kind: 'election', message: vote(cheat.id, other!.id, term(50)) })
    await swarm.cluster.pass(3_000)
    expect(await eventsNamed(swarm.node, 'election.double_vote')).toMatchObject([
      { subject: cheat.id, data: { epoch: 1, term: 50, candidates: [one!.id, other!.id] } },
    ])
    expect(await eventsNamed(swarm.node, 'agent.quarantined')).toMatchObject([{ subject: cheat.id }])
    const { voters, leadership } = await swarm.node.service.consensus.leader()
    expect(voters.map(({ agentId }) => agentId)).not.toContain(cheat.id)
    expect(leadership.leaderId).not.toBeNull()
    expect(leadership.leaderId).not.toBe(cheat.id)
    await expect(
      cheat.utter({ kind: 'election', message: vote(cheat.id, one!.id, term(60)) }),
    ).rejects.toMatchObject({ code: 'not_a_voter' })
  })

  it('gives an electorate up ten seconds after most of it is gone, not before', async () => {
    const swarm = await settled(5)
    const gone = swarm.voters.slice(0, 3)
    for (const voter of gone) await voter.die()
    await swarm.cluster.pass(9_000)
    expect(await swarm.node.service.consensus.leader()).toMatchObject({
      epoch: 1,
      leadership: { leaderId: null },
    })
    await swarm.cluster.pass(2_000)
    const { epoch, voters, leadership } = await swarm.node.service.consensus.leader()
    const rest = swarm.voters.slice(3).map(({ id }) => id)
    expect([epoch, voters.map(({ agentId }) => agentId)]).toEqual([2, rest])
    expect(rest).toContain(leadership.leaderId)
    expect(leadership.epoch).toBe(2)
  })

  it('gives the others ten seconds to come back, when all were gone for longer', async () => {
    const swarm = await swarmOf(3)
    const { cluster, node, voters } = swarm
    await cluster.pass(3_000)
    const { epoch } = await node.service.consensus.leader()
    for (const voter of voters) await voter.disconnect()
    await cluster.pass(60_000)
    await cluster.settle(voters[0]!.connect())
    await cluster.pass(9_000)
    expect(await node.service.consensus.leader()).toMatchObject({ epoch, leadership: { leaderId: null } })
    await cluster.settle(voters[1]!.connect())
    await cluster.pass(3_000)
    const { leadership, ...again } = await node.service.consensus.leader()
    expect(again.epoch).toBe(epoch)
    expect([voters[0]!.id, voters[1]!.id]).toContain(leadership.leaderId)
  })

  it('begins a new electorate at once when a member votes with another key, or with none of its own', async () => {
    const swarm = await settled(3)
    const [a, b] = swarm.voters
    await a!.register(toyKey('another of a'))
    await a!.connect()
    await swarm.cluster.pass(500)
    const second = await swarm.node.service.consensus.leader()
    expect(second.epoch).toBe(2)
    expect(second.voters.find(({ agentId }) => agentId === a!.id)?.publicKey).toBe(
      toyKey('another of a').publicKey,
    )
    expect(second.leadership).toMatchObject({ epoch: 2, certificate: { epoch: 2 } })
    const spec = agentSpec(b!.id)
    await swarm.node.service.agents.register({ agentId: b!.id, spec, isNew: false })
    await swarm.cluster.pass(500)
    expect(await swarm.node.service.consensus.leader()).toMatchObject({ epoch: 3, leadership: { epoch: 3 } })
    expect((await swarm.node.service.consensus.leader()).voters).toHaveLength(3)
  })

  it('counts a word of an electorate that was replaced, and tells its sender of the new one', async () => {
    const swarm = await settled(3)
    const [a, b] = swarm.voters
    const message = vote(a!.id, b!.id, term(9), electorateEpoch(0))
    await a!.utter({ kind: 'election', message })
    expect(await countsAfter(swarm)).toMatchObject({ not_open: 1 })
    const newest = a!.agent.told.findLast(
      (delivery) => delivery.type === 'consensus' && delivery.notice.kind === 'electorate',
    )
    expect(newest).toMatchObject({ notice: { epoch: 1 } })
  })
})

describe('a store that refuses', () => {
  it.each(['before_commit', 'after_commit'] as const)(
    '%s delays an election and doubles nothing',
    async (fail) => {
      let fault: StepFault | undefined
      const swarm = await swarmOf(3, { faultFor: () => fault })
      await swarm.cluster.pass(1_000)
      const first = (await leaderIn(swarm))!
      fault = { fail }
      await first.disconnect()
      await swarm.cluster.pass(2_000)
      fault = undefined
      await swarm.cluster.pass(2_000)
      const second = await leaderIn(swarm)
      expect(second?.isLeading).toBe(true)
      expect(second).not.toBe(first)
      const elected = await eventsNamed(swarm.node, 'leader.elected')
      expect(new Set(elected.map((event) => dataOf(event, 'term'))).size).toBe(elected.length)
    },
  )
})

describe('a swarm that another node takes over', () => {
  it('keeps its leader or finds another, never two in one term', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const swarm: ElectingSwarm = { cluster, node: second, voters: [] }
    for (const name of ['a', 'b', 'c', 'd']) await joined(swarm, name)
    await cluster.pass(1_000)
    expect(first.swarm.gateway.orchestrator).toBeDefined()
    expect(await cluster.settle(leaderIn(swarm))).toMatchObject({ isLeading: true })
    first.die()
    await cluster.pass(TAKEOVER_MS)
    for (const voter of swarm.voters) await cluster.settle(voter.connect())
    await cluster.pass(1_500)
    expect(second.swarm.gateway.orchestrator).toBeDefined()
    expect(await leaderIn(swarm)).toMatchObject({ isLeading: true })
    expect((await second.service.consensus.leader()).epoch).toBe(1)
    expect([...(await leadersByTerm(second)).values()].every(({ size }) => size === 1)).toBe(true)
  })

  it('keeps the electorate over a restart, and its voters elect again', async () => {
    const swarm = await settled(3)
    const before = (await leaderIn(swarm))!
    swarm.node.die()
    const node = await swarm.cluster.node()
    await swarm.cluster.pass(TAKEOVER_MS)
    expect((await node.service.consensus.leader()).leadership.leaderId).toBe(before.id)
    for (const voter of swarm.voters) await swarm.cluster.settle(voter.connect(node))
    await swarm.cluster.pass(1_500)
    const after = { ...swarm, node }
    const leader = await leaderIn(after)
    expect(leader?.isLeading).toBe(true)
    expect(await node.service.consensus.leader()).toMatchObject({
      epoch: 1,
      leadership: { leaderId: leader!.id },
    })
    const leaders = await leadersByTerm(node)
    expect([...leaders.values()].every(({ size }) => size === 1)).toBe(true)
  })

  it('loses the leader that does not come back', async () => {
    const swarm = await settled(1)
    const [only] = swarm.voters
    swarm.node.die()
    const node = await swarm.cluster.node()
    await swarm.cluster.pass(LEASE_MS - 1_000)
    expect((await node.service.consensus.leader()).leadership.leaderId).toBe(only!.id)
    await swarm.cluster.pass(TAKEOVER_MS + 1_000)
    expect((await node.service.consensus.leader()).leadership.leaderId).toBeNull()
    await joined({ ...swarm, node }, 'late')
    await swarm.cluster.pass(9_000)
    expect(await node.service.consensus.leader()).toMatchObject({ epoch: 1, leadership: { leaderId: null } })
    await swarm.cluster.pass(2_000)
    expect(await node.service.consensus.leader()).toMatchObject({
      epoch: 2,
      leadership: { leaderId: 'late' },
    })
  })
})
