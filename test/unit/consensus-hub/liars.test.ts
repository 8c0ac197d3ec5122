import { describe, expect, it } from 'vitest'
import { valueIdOf } from '#domain/consensus/decision-value.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, UnsignedStatement } from '#domain/consensus/signed-messages.ts'
import { CONSENSUS_WORK_MAX } from '#domain/consensus-engine/voters/token-bucket.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { pass } from '../../helpers/decision/voting-agent.ts'
import { merge, opened, table } from './voting-table.ts'

describe('a liar among the voters', () => {
  async function liarAmong(count: number) {
    const party = await table(count, () => null)
    await opened(party)
    const [liar] = party.agents
    const instance = liar?.instances.get(merge)
    if (liar === undefined || instance === undefined) throw new Error('nothing was opened')
    const sign = <M extends UnsignedStatement>(message: M) => ({
      ...message,
      signature: liar.key.sign(signBytes(instance, message)),
    })
    const state = (message: SignedMessage) => liar.say({ kind: 'statement', proposalId: merge, message })
    return { ...party, liar, sign, state }
  }

  it('cannot make the hub fail by a text that has no bytes', async () => {
    const { node, liar, sign, state } = await liarAmong(1)
    const { signature } = sign({ kind: 'ballot', voter: liar.id, choice: 'approve' })
    const unfit = { kind: 'ballot' as const, voter: liar.id, choice: 'approve', reason: '\ud800', signature }
    const value = { ending: 'tally' as const, ballots: [unfit] }
    const valueId = valueIdOf({ ...value, ballots: [] }, sha256Hasher)
    const vote = { kind: 'nomination' as const, voter: liar.id, round: 0, validRound: -1, valueId }
    await state(sign({ ...vote, value, polka: [] }))
    await state(unfit)
    expect(await node.service.consensus.counts()).toEqual({ malformed: 2 })
  })

  it('whom an operator has pardoned is not quarantined again for the same by the next hub', async () => {
    const { cluster, node, liar, sign, state } = await liarAmong(4)
    for (const choice of ['approve', 'reject']) await state(sign({ kind: 'ballot', voter: liar.id, choice }))
    await cluster.pass(100)
    expect((await node.swarm.reader.agent(liar.id)).quarantine).toBeDefined()
    await node.service.agents.patch({ agentId: liar.id, spec: {}, isQuarantined: false })
    node.die()
    const next = await cluster.node()
    await cluster.settle(next.service.consensus.leader())
    await cluster.pass(100)
    const { evidence, status } = await next.swarm.reader.proposal(merge)
    expect([status, evidence.length]).toEqual(['open', 1])
    expect((await next.swarm.reader.agent(liar.id)).quarantine).toBeUndefined()
  })

  it('is quarantined again when its id is registered anew after its removal', async () => {
    const { cluster, node, liar, sign, state } = await liarAmong(4)
    for (const choice of ['approve', 'reject']) await state(sign({ kind: 'ballot', voter: liar.id, choice }))
    await cluster.pass(100)
    const { quarantine } = await node.swarm.reader.agent(liar.id)
    await node.service.agents.deregister({ agentId: liar.id })
    await cluster.pass(0)
    await expect(node.swarm.reader.agent(liar.id)).rejects.toMatchObject({ code: 'agent_not_found' })
    await liar.register()
    expect(await node.swarm.reader.agent(liar.id)).toMatchObject({ quarantine })
    expect(quarantine).toBeDefined()
  })

  it('may say so much and no more, whatever it says, and the others as much as before', async () => {
    const { cluster, node, agents, liar, sign, state } = await liarAmong(2)
    const vote = (round: number) =>
      state(sign({ kind: 'prevote', voter: liar.id, round, validRound: -1, valueId: null }))
    for (let round = 0; round < CONSENSUS_WORK_MAX; round += 1) await vote(round)
    const refusal = { code: 'limit_exceeded', details: { limitName: 'consensusWorkMax' } }
    await expect(vote(CONSENSUS_WORK_MAX)).rejects.toMatchObject(refusal)
    await expect(liar.say({ kind: 'ask', proposalId: merge })).rejects.toMatchObject(refusal)
    const [, other] = agents
    await other?.say({ kind: 'ask', proposalId: merge })
    await cluster.pass(100)
    // What is known already costs nothing: voters that wait pass it on over and over.
    for (let count = 0; count < 200; count += 1) await vote(CONSENSUS_WORK_MAX - 1)
    await liar.say({ kind: 'ask', proposalId: merge })
    expect(await node.service.consensus.counts()).toEqual({ accepted: CONSENSUS_WORK_MAX, duplicate: 200 })
  })

  it('pays for words that come too late as for the records they have read', async () => {
    const { cluster, node, agents, liar, sign, state } = await liarAmong(1)
    await node.service.consensus.cancelProposal({ proposalId: merge, reason: 'no' })
    await pass(cluster, agents, 100)
    const late = () => state(sign({ kind: 'ballot', voter: liar.id, choice: 'approve' }))
    const fair = CONSENSUS_WORK_MAX / 10
    for (let count = 0; count <= fair; count += 1) await late().catch(() => undefined)
    await expect(late()).rejects.toMatchObject({ code: 'limit_exceeded' })
    const { not_open: lateCount } = await node.service.consensus.counts()
    expect(lateCount).toBeLessThanOrEqual(fair)
  })
})
