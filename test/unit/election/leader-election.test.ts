import { describe, expect, it } from 'vitest'
import { voteCertificateDefect } from '#domain/consensus/raft/vote-certificate.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'
import { Cluster } from '../domain/cluster.ts'
import { PLACE } from './agent-voter.ts'
import { eventsNamed, joined, keyless, leaderIn, leadersByTerm, swarmOf } from './electing-swarm.ts'

/** An election by the clock, with one that is split. */
const TWO_CAMPAIGNS_MS = 800

describe('a swarm of agents with keys of their own', () => {
  it.each([1, 3, 10])('finds its first leader among %i, with a certificate that holds', async (count) => {
    const swarm = await swarmOf(count)
    await swarm.cluster.pass(300)
    const leader = await leaderIn(swarm)
    expect(leader?.isLeading).toBe(true)
    const { voters, leadership, electionsHeld } = await swarm.node.service.consensus.leader()
    expect(voters.map(({ agentId }) => agentId).toSorted()).toEqual(swarm.voters.map(({ id }) => id))
    expect(electionsHeld).toBeGreaterThan(0)
    const { certificate } = leadership
    const trusted = new Map(certificate!.voters.map((voter) => [voter, toyKey(voter).publicKey]))
    expect(voteCertificateDefect(PLACE, certificate!, trusted, toyVerifier)).toBeUndefined()
    expect(swarm.voters.flatMap(({ refusals }) => refusals)).toEqual([])
  })

  it('has a committee of eleven at most, the longest-lived', async () => {
    const swarm = await swarmOf(14)
    await swarm.cluster.pass(1_000)
    const { voters } = await swarm.node.service.consensus.leader()
    expect(voters.map(({ agentId }) => agentId).toSorted()).toEqual(
      swarm.voters.slice(0, 11).map(({ id }) => id),
    )
  })

  it('finds another leader when the connection of the first closes', async () => {
    const swarm = await swarmOf(5)
    await swarm.cluster.pass(1_000)
    const first = (await leaderIn(swarm))!
    await first.disconnect()
    await swarm.cluster.pass(TWO_CAMPAIGNS_MS)
    const second = await leaderIn(swarm)
    expect(second?.isLeading).toBe(true)
    expect(second).not.toBe(first)
    expect(await eventsNamed(swarm.node, 'leader.lost')).toMatchObject([{ subject: first.id }])
  })

  it('finds another leader when the first falls silent, by the voters alone', async () => {
    const swarm = await swarmOf(3)
    await swarm.cluster.pass(1_000)
    const first = (await leaderIn(swarm))!
    first.voter?.stop()
    await swarm.cluster.pass(1_200)
    const second = await leaderIn(swarm)
    expect(second?.isLeading).toBe(true)
    expect(second).not.toBe(first)
  })

  it('believes a leader again that was away for a moment', async () => {
    const swarm = await swarmOf(1)
    await swarm.cluster.pass(300)
    const [only] = swarm.voters
    await only!.disconnect()
    await swarm.cluster.pass(100)
    expect((await swarm.node.service.consensus.leader()).leadership.leaderId).toBeNull()
    await only!.connect()
    await swarm.cluster.pass(100)
    expect((await swarm.node.service.consensus.leader()).leadership.leaderId).toBe(only!.id)
  })

  it('writes nothing while all is well', async () => {
    const swarm = await swarmOf(3)
    await swarm.cluster.pass(1_000)
    const before = swarm.node.swarm.events.lastSequence
    await swarm.cluster.pass(2_000)
    expect(swarm.node.swarm.events.lastSequence).toBe(before)
  })

  it('takes in who comes and puts out who went', async () => {
    const swarm = await swarmOf(3)
    await swarm.cluster.pass(1_000)
    await joined(swarm, 'w1')
    await swarm.cluster.pass(200)
    const follower = swarm.voters.find(({ isLeading, id }) => !isLeading && id !== 'w1')!
    await follower.die()
    await swarm.cluster.pass(3_000)
    const { voters, epoch } = await swarm.node.service.consensus.leader()
    expect(voters.map(({ agentId }) => agentId)).toContain('w1')
    expect(voters).toHaveLength(3)
    expect(epoch).toBe(1)
    expect(follower.refusals).toEqual([])
  })

  it('hands over to the voter that was asked for', async () => {
    const swarm = await swarmOf(3)
    await swarm.cluster.pass(1_000)
    const { service } = swarm.node
    const other = swarm.voters.find(({ isLeading }) => !isLeading)!
    await service.consensus.startElection({ transferTo: other.id })
    await swarm.cluster.pass(100)
    expect(await leaderIn(swarm)).toBe(other)
    await service.consensus.startElection({})
    await swarm.cluster.pass(100)
    expect(await leaderIn(swarm)).not.toBe(other)
    const [stranger] = await keyless(swarm.node, 'zz')
    const refused = service.consensus.startElection({ transferTo: stranger!.id })
    await expect(refused).rejects.toMatchObject({ code: 'not_a_voter' })
  })
})

describe('a swarm of agents without keys', () => {
  it('elects nobody and sets no timer while it is a mesh and nobody asked', async () => {
    const silent = new Cluster()
    const silentNode = await silent.node()
    const timersBefore = silent.clock.timerCount
    await silent.pass(1_000)
    expect(silent.clock.timerCount).toBe(timersBefore)
    await keyless(silentNode, 'a', 'b', 'c')
    await silent.pass(1_000)
    // One alarm for the leases of all agents.
    expect(silent.clock.timerCount).toBe(timersBefore + 1)
    expect(await silentNode.service.consensus.leader()).toMatchObject({
      epoch: 0,
      voters: [],
      electionsHeld: 0,
    })
  })

  it('elects the root of its tree by hosted voters', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await keyless(node, 'a', 'b', 'c', 'd')
    await node.service.swarm.update({ topology: { kind: 'hierarchical', branching: 2 } })
    await cluster.pass(500)
    const { leadership } = await node.service.consensus.leader()
    const { leaderId, levels } = await node.service.topology.view()
    expect(leadership.leaderId).not.toBeNull()
    expect([leaderId, levels[0]]).toEqual([leadership.leaderId, [leadership.leaderId]])
    await node.service.swarm.update({ topology: { kind: 'mesh' } })
    await cluster.pass(500)
    expect((await node.service.consensus.leader()).leadership.leaderId).toBeNull()
    expect((await node.service.topology.view()).leaderId).toBeNull()
  })

  it('elects another root within 700 ms when the process of the first one hangs, and lets it vote again later', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const agents = await keyless(node, 'a', 'b', 'c')
    await node.service.swarm.update({ topology: { kind: 'hierarchical', branching: 2 } })
    await cluster.pass(3_000)
    const before = (await node.service.consensus.leader()).leadership.leaderId
    const hung = agents.find(({ id }) => id === before)!
    node.sessions.frozen.add(hung.session)
    await cluster.pass(700)
    const { leadership, epoch } = await node.service.consensus.leader()
    expect(leadership.leaderId).not.toBeNull()
    expect(leadership.leaderId).not.toBe(before)
    expect((await node.service.topology.view()).levels[0]).toEqual([leadership.leaderId])
    node.sessions.frozen.delete(hung.session)
    await cluster.pass(1_000)
    await node.service.consensus.startElection({ transferTo: hung.id })
    await cluster.pass(1_000)
    expect(await node.service.consensus.leader()).toMatchObject({ epoch, leadership: { leaderId: before } })
  })

  it('elects another root when the first one leaves', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const agents = await keyless(node, 'a', 'b', 'c', 'd')
    await node.service.swarm.update({ topology: { kind: 'hierarchical', branching: 2 } })
    await cluster.pass(500)
    const { leaderId: first } = await node.service.topology.view()
    await agents.find(({ id }) => id === first)!.detach()
    await cluster.pass(TWO_CAMPAIGNS_MS)
    const { leaderId: second, levels } = await node.service.topology.view()
    expect(second).not.toBeNull()
    expect(second).not.toBe(first)
    expect(levels[0]).toEqual([second])
  })

  it('is led by the same after a restart, where that one is still here', async () => {
    const cluster = new Cluster()
    const before = await cluster.node()
    await keyless(before, 'a', 'b', 'c', 'd', 'e', 'f', 'g')
    await before.service.consensus.startElection({})
    await cluster.pass(500)
    const { leadership } = await before.service.consensus.leader()
    before.die()
    const after = await cluster.node()
    await cluster.pass(3_000)
    const again = (await after.service.consensus.leader()).leadership
    expect(again.leaderId).toBe(leadership.leaderId)
    expect(again.term).toBeGreaterThan(leadership.term)
  })

  it('elects when somebody asks for it, and remembers that', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const [a] = await keyless(node, 'a', 'b')
    await expect(node.service.consensus.startElection({ transferTo: a!.id })).rejects.toMatchObject({
      code: 'not_a_voter',
    })
    expect(await node.service.consensus.startElection({})).toMatchObject({ isAskedFor: true })
    await cluster.pass(500)
    expect((await node.service.consensus.leader()).leadership.leaderId).toMatch(/^[ab]$/)
    expect([...(await leadersByTerm(node)).values()].every(({ size }) => size === 1)).toBe(true)
  })

  it('votes beside agents with keys, and makes room for them', async () => {
    const swarm = await swarmOf(1)
    const names = Array.from({ length: 11 }, (_, at) => `k${at}`)
    await keyless(swarm.node, ...names)
    await swarm.cluster.pass(1_000)
    expect((await swarm.node.service.consensus.leader()).voters).toHaveLength(11)
    await joined(swarm, 'v2')
    await swarm.cluster.pass(1_500)
    const { voters } = await swarm.node.service.consensus.leader()
    expect(voters).toHaveLength(11)
    expect(voters.map(({ agentId }) => agentId)).toContain('v2')
  })
})
