import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { CONSENSUS_OPERATIONS } from '#contract/operations/consensus-operations.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import { hash } from '#domain/model/hex.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { type Answer, ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { propose, getProposal, listProposals, listBallots, castBallot, cancelProposal, getProposalDecision } =
  CONSENSUS_OPERATIONS
const { registerAgent, heartbeatAgent } = AGENT_OPERATIONS

const key = (name: string): string => `key-of-${name}-0123456789`
const KEYS = [
  { name: 'vera', tenant: 'acme', roles: ['viewer'] },
  { name: 'sam', tenant: 'acme', roles: ['submitter'] },
  { name: 'olga', tenant: 'acme', roles: ['operator'] },
  { name: 'eve', tenant: 'evil', roles: ['admin'] },
].map((entry) => ({ ...entry, key: key(entry.name) }))

const VOTERS = ['ada', 'bob', 'cyd', 'dan']

describe('proposals over HTTP, by agents whose keys the server holds', () => {
  let node: TestNode
  const tokens = new Map<string, string>()
  const as = (name: string): ContractClient => new ContractClient(node.url, key(name))
  const asAgent = (name: string): ContractClient => new ContractClient(node.url, tokens.get(name))

  beforeAll(async () => {
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS) })
    for (const agentId of VOTERS) {
      const { body } = await as('olga').call(registerAgent, { body: { agentId } })
      tokens.set(agentId, body.token)
      await asAgent(agentId).call(heartbeatAgent, { params: { agentId }, body: { held: [] } })
    }
  })
  afterAll(() => node.close())

  const vote = (agentId: string, proposalId: string, choice: string): Promise<Answer> =>
    asAgent(agentId).call(castBallot, { params: { proposalId }, body: { agentId, choice } })

  function ended(proposalId: string): Promise<Answer> {
    return eventually(async () => {
      const answer = await as('vera').call(getProposalDecision, { params: { proposalId } })
      expect(answer.body['status']).not.toBe('open')
      return answer
    })
  }

  it('are decided with a certificate that anybody can verify', async () => {
    const payload = { change: 42 }
    const opened = await as('sam').call(propose, { body: { proposalId: 'merge', title: 'Merge?', payload } })
    expect(opened).toMatchObject({
      status: 201,
      body: { status: 'open', proposedBy: 'sam', payload, tally: { missingWeight: 4 } },
    })
    for (const voter of VOTERS.slice(0, 3)) expect((await vote(voter, 'merge', 'approve')).status).toBe(202)
    const { body } = await ended('merge')
    expect(body).toMatchObject({ status: 'decided', outcome: { verdict: 'approved' }, evidence: [] })
    const modules = { hasher: sha256Hasher, verifier: new Ed25519Verifier() }
    const trusted = hash(String(body['electorateHash']))
    expect(verifyDecision(body['certificate'], trusted, modules)).toMatchObject({
      isValid: true,
      selfCustodyQuorum: false,
    })
    const { body: view } = await as('vera').call(getProposal, { params: { proposalId: 'merge' } })
    expect(view).toMatchObject({ status: 'decided', ending: 'tally', payload })
    const { body: book } = await as('vera').call(listBallots, { params: { proposalId: 'merge' } })
    expect(book['ballots']).toMatchObject(VOTERS.slice(0, 3).map((voter) => ({ voter, custody: 'hub' })))
  })

  it('choose one of several options, with weights', async () => {
    const body = {
      proposalId: 'colour',
      title: 'Which colour?',
      payload: null,
      mode: 'choice',
      options: ['red', 'green', 'blue'],
      threshold: { numerator: 3, denominator: 5 },
      weights: { ada: 3 },
    }
    expect((await asAgent('ada').call(propose, { body })).body).toMatchObject({ proposedBy: 'ada' })
    await vote('ada', 'colour', 'green')
    await vote('bob', 'colour', 'green')
    expect((await ended('colour')).body).toMatchObject({
      outcome: { verdict: 'approved', option: 'green' },
      certificate: { tally: { totalWeight: 6, options: [{ weight: 0 }, { weight: 4 }, { weight: 0 }] } },
    })
  })

  it('can be taken back, and are listed by what became of them', async () => {
    await as('sam').call(propose, { body: { proposalId: 'never', title: 'Never mind', payload: null } })
    const cancelled = await as('sam').call(cancelProposal, { params: { proposalId: 'never' } })
    expect(cancelled).toMatchObject({ status: 202, body: { isCancelRequested: true } })
    expect((await ended('never')).body).toMatchObject({ outcome: { verdict: 'inconclusive' } })
    const { body } = await as('vera').call(listProposals, { query: { status: 'decided', pageSize: '2' } })
    expect(body['proposals']).toMatchObject([{ proposalId: 'colour' }, { proposalId: 'merge' }])
    const query = { status: 'decided', pageSize: '2', pageToken: body.nextPageToken ?? '' }
    const { body: rest } = await as('vera').call(listProposals, { query })
    expect(rest['proposals']).toMatchObject([{ proposalId: 'never' }])
  })

  it('refuse who may not, and what cannot be', async () => {
    await as('sam').call(propose, { body: { proposalId: 'open', title: 'Open', payload: null } })
    const params = { proposalId: 'open' }
    const ballot = { agentId: 'ada', choice: 'approve' }
    const title = 'x'
    const refusals: readonly [Promise<Answer>, number, string][] = [
      [as('vera').call(propose, { body: { title, payload: null } }), 403, 'forbidden'],
      [asAgent('ada').call(propose, { body: { title, payload: null, proposedBy: 'bob' } }), 403, 'forbidden'],
      [asAgent('bob').call(castBallot, { params, body: ballot }), 403, 'forbidden'],
      [as('eve').call(getProposal, { params }), 404, 'proposal_not_found'],
      [as('sam').call(propose, { body: { ...params, title, payload: 1 } }), 409, 'proposal_exists'],
      [as('sam').call(propose, { body: { title, payload: 1, mode: 'choice' } }), 422, 'proposal_unsound'],
      [
        as('sam').call(propose, { body: { title, payload: 1, weights: { x: 2 } } }),
        422,
        'electorate_unsound',
      ],
      [as('sam').call(propose, { body: { title, payload: 'x'.repeat(140_000) } }), 413, 'payload_too_large'],
      [as('sam').call(propose, { body: { title, payload: 1, more: 1 } }), 400, 'validation_failed'],
      [
        asAgent('ada').call(castBallot, { params, body: { ...ballot, choice: 'maybe' } }),
        409,
        'ballot_refused',
      ],
      [
        asAgent('ada').call(castBallot, { params, body: { ...ballot, signature: 'ab'.repeat(64) } }),
        409,
        'ballot_refused',
      ],
      [as('sam').call(cancelProposal, { params: { proposalId: 'merge' } }), 409, 'proposal_closed'],
      [as('vera').call(getProposalDecision, { params: { proposalId: 'x' } }), 404, 'proposal_not_found'],
    ]
    for (const [answer, status, code] of refusals)
      expect(await answer).toMatchObject({ status, body: { code } })
  })

  it('count one ballot a voter: the same again is harmless, another is refused', async () => {
    expect((await vote('bob', 'open', 'approve')).status).toBe(202)
    expect((await vote('bob', 'open', 'approve')).status).toBe(202)
    const second = await vote('bob', 'open', 'reject')
    expect(second).toMatchObject({ status: 409, body: { code: 'ballot_refused' } })
    const { body } = await as('vera').call(listBallots, { params: { proposalId: 'open' } })
    expect(body['ballots']).toMatchObject([{ voter: 'bob', choice: 'approve' }])
  })

  it('are counted in the metrics', async () => {
    const metrics = await (
      await fetch(`${node.url}/metrics`, { headers: { authorization: `Bearer ${key('olga')}` } })
    ).text()
    expect(metrics).toMatch(/amos_consensus_statements_total\{tenant="\w+",swarm="\w+",fate="forged"\} 1/)
  })
})
