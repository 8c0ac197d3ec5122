import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import type { ConsensusMessage } from '#domain/consensus/consensus-message.ts'
import { valueIdOf } from '#domain/consensus/decision-value.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { voteBytes } from '#domain/consensus/raft/vote-certificate.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, UnsignedStatement } from '#domain/consensus/signed-messages.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import { type Signature, signature } from '#domain/model/hex.ts'
import { agentId, proposalId } from '#domain/model/ids.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { pass, type VotingAgent } from '../helpers/decision/voting-agent.ts'
import { asked, merge, table } from '../unit/consensus-hub/voting-table.ts'
import { anAgent, TENANT } from '../unit/domain/cluster.ts'

type Sign = <M extends UnsignedStatement>(message: M) => M & { readonly signature: Signature }
type Statement = Extract<ConsensusMessage, { kind: 'statement' }>
type Message = Extract<ConsensusMessage, { kind: 'election' }>['message']

const NOBODY = signature('ab'.repeat(64))
const voters = fc.constantFrom(...['v0', 'v1', 'v2', 'keyless', 'nobody'].map(agentId))
const proposals = fc.constantFrom(merge, proposalId('other'))
const numbers = fc.constantFrom(0, 1, 2, 3, 9, 1_000_000, 2 ** 53 - 1)
const rounds = fc.constantFrom(0, 1, 2, 9, 1_000_000)
const texts = fc.constantFrom(
  'approve',
  'reject',
  'abstain',
  'no option',
  '\ud800',
  '\u0000',
  'ä'.repeat(900),
)
const lists = fc.uniqueArray(voters, { maxLength: 5 })

/** Words of any kind that fit the contract; `sign` is the liar's, so that half of its own are truly its own. */
function wordsOf(sign: Sign, liar: VotingAgent): fc.Arbitrary<ConsensusMessage> {
  const signed = <M extends UnsignedStatement>(message: M, isGenuine: boolean) =>
    isGenuine ? sign(message) : { ...message, signature: NOBODY }
  const ballots = fc
    .tuple(fc.record({ voter: voters, choice: texts }), fc.option(texts, { nil: undefined }), fc.boolean())
    .map(([said, reason, isGenuine]) => {
      const ballot = { kind: 'ballot' as const, ...said, ...(reason === undefined ? {} : { reason }) }
      return { ...ballot, signature: isGenuine && isEncodable(ballot) ? sign(ballot).signature : NOBODY }
    })
  const values = fc.record({
    ending: fc.constantFrom('tally' as const, 'expired' as const, 'cancelled' as const),
    ballots: fc.array(ballots, { maxLength: 3 }),
  })
  const ids = values.map((value) =>
    value.ballots.every(isEncodable) ? valueIdOf(value, sha256Hasher) : null,
  )
  const votes = fc
    .record({
      kind: fc.constantFrom('prevote' as const, 'precommit' as const),
      voter: fc.oneof(fc.constant(liar.id), voters),
      round: rounds,
      validRound: fc.oneof(fc.constant(-1), rounds),
      valueId: fc.option(ids.filter((id) => id !== null)),
    })
    .chain((vote) => fc.boolean().map((isGenuine) => signed(vote, isGenuine)))
  const nominations = fc
    .record({
      voter: fc.oneof(fc.constant(liar.id), voters),
      round: rounds,
      validRound: fc.oneof(fc.constant(-1), rounds),
      value: values,
      polka: fc.array(votes, { maxLength: 3 }),
    })
    .map((nomination) => {
      const { value } = nomination
      const valueId = valueIdOf(value.ballots.every(isEncodable) ? value : EMPTY, sha256Hasher)
      return sign({ kind: 'nomination' as const, ...nomination, valueId })
    })
  const statements = fc.record({
    kind: fc.constant('statement' as const),
    proposalId: proposals,
    message: fc.oneof(ballots, votes, nominations) as fc.Arbitrary<SignedMessage>,
  }) as fc.Arbitrary<Statement>
  return fc.oneof(statements, choices, asks, elections(liar), leaderships(liar), resignations, committees)
}

const EMPTY = { ending: 'tally' as const, ballots: [] }

function isEncodable({
  choice,
  reason = '',
}: {
  readonly choice: string
  readonly reason?: string
}): boolean {
  return choice !== '\ud800' && reason !== '\ud800'
}

const choices = fc.record({
  kind: fc.constant('choice' as const),
  proposalId: proposals,
  choice: texts,
  reason: texts,
})
const asks = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), proposalId: proposals }),
  fc.record({
    kind: fc.constant('certificate' as const),
    proposalId: proposals,
    certificate: fc.constantFrom({}, null, { format: 'amos-decision-certificate/1' }),
  }),
)
const epochs = fc.oneof(fc.constant(1), numbers).map(electorateEpoch)
const resignations = fc.record({ kind: fc.constant('resigned' as const), epoch: epochs, term: numbers })
const committees = fc.record({
  kind: fc.constant('committee' as const),
  epoch: epochs,
  index: numbers,
  voters: lists,
})

function voteOf(
  liar: VotingAgent,
  place: { epoch: number; term: number },
  candidate: ReturnType<typeof agentId>,
) {
  const leadership = { epoch: electorateEpoch(place.epoch), term: term(place.term) }
  const vote = { ...leadership, voter: liar.id, candidate }
  return liar.key.sign(voteBytes({ tenantId: TENANT, swarmId: DEFAULT_SWARM_ID }, vote))
}

function elections(liar: VotingAgent): fc.Arbitrary<ConsensusMessage> {
  const header = fc.record({
    epoch: epochs,
    term: numbers.map(term),
    from: fc.oneof(fc.constant(liar.id), voters),
    to: voters,
  })
  const entries = fc.record({ index: numbers, term: numbers.map(term), voters: lists })
  const logEnd = { lastIndex: numbers, lastTerm: numbers.map(term) }
  const bodies = fc.oneof(
    fc.record({ type: fc.constant('pre_vote' as const), ...logEnd }),
    fc.record({ type: fc.constant('pre_vote_reply' as const), isGranted: fc.boolean() }),
    fc.record({ type: fc.constant('vote_request' as const), ...logEnd, isTransfer: fc.boolean() }),
    fc.record({ type: fc.constant('vote_grant' as const) }),
    fc.record({ type: fc.constant('vote_refusal' as const) }),
    fc.record({
      type: fc.constant('append' as const),
      previousIndex: numbers,
      previousTerm: numbers.map(term),
      entries: fc.array(entries, { maxLength: 3 }),
      commitIndex: numbers,
    }),
    fc.record({ type: fc.constant('install' as const), base: entries }),
    fc.record({ type: fc.constant('append_reply' as const), isAccepted: fc.boolean(), index: numbers }),
    fc.record({ type: fc.constant('campaign_now' as const) }),
  )
  return fc.tuple(header, bodies).map(([place, said]) => {
    const grant = said.type === 'vote_grant' ? { signature: voteOf(liar, place, place.to) } : {}
    return { kind: 'election', message: { ...place, ...said, ...grant } as Message }
  })
}

function leaderships(liar: VotingAgent): fc.Arbitrary<ConsensusMessage> {
  return fc.record({ epoch: epochs, term: numbers.map(term), voters: lists }).map((claim) => {
    const votes = claim.voters.map((voter) => ({ voter, signature: voteOf(liar, claim, liar.id) }))
    return { kind: 'leadership', certificate: { ...claim, leaderId: liar.id, votes } }
  })
}

it('no word of a voter makes the hub fail, nor keeps the others from deciding', async () => {
  const party = await table(4, (at, id) => (at === 3 || id === merge ? null : 'approve'))
  const { cluster, node, agents } = party
  await anAgent('keyless', node)
  const [liar] = agents
  await node.service.consensus.propose(asked({ deadlineMs: 600_000 }))
  await pass(cluster, agents, 200)
  const instance = liar?.instances.get(merge) as DecisionInstance
  if (liar === undefined) throw new Error('nobody is there')
  const sign: Sign = (message) => ({ ...message, signature: liar.key.sign(signBytes(instance, message)) })
  const property = fc.asyncProperty(wordsOf(sign, liar), async (message) => {
    await liar.say(message).catch((error: unknown) => {
      if (!isSwarmError(error)) throw error
    })
    await cluster.pass(20)
    await node.service.agents.patch({ agentId: liar.id, spec: {}, isQuarantined: false })
  })
  await fc.assert(property, { numRuns: 3_000 })
  expect(node.logger.lines.filter(({ message }) => message === 'hosted voter halted')).toEqual([])
  const next = proposalId('next')
  await node.service.consensus.propose(
    asked({ proposalId: next, electorate: { kind: 'agents', agentIds: agents.map(({ id }) => id) } }),
  )
  await pass(cluster, agents, 2_000)
  expect(await node.swarm.reader.proposal(next)).toMatchObject({ status: 'decided' })
})
