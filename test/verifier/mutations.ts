import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedVote } from '#domain/consensus/signed-messages.ts'
import { publicKey, signature } from '#domain/model/hex.ts'
import { agentId } from '#domain/model/ids.ts'
import type { DecisionWorld } from '../helpers/decision/decision-world.ts'

export interface MutationCase {
  readonly world: DecisionWorld
  readonly certificate: DecisionCertificate
}

type Mutation = (of: MutationCase) => unknown

/**
 * Ways to make a certificate say what was not decided, or less surely; most sign anew what liars could sign. Each must
 * be refused, for a certificate of four voters with weight 1, three of whom approved and one of whom rejected.
 */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one precommit short': ({ certificate }) => ({
    ...certificate,
    precommits: certificate.precommits.slice(0, 2),
  }),
  'no precommits': ({ certificate }) => ({ ...certificate, precommits: [] }),
  'one signer twice': ({ certificate }) => {
    const [first, second] = certificate.precommits
    return { ...certificate, precommits: [first, first, second] }
  },
  'one signer under another name': ({ certificate }) => {
    const [first, second, third] = certificate.precommits
    return { ...certificate, precommits: [first, second, { ...third, signature: second?.signature }] }
  },
  'swapped names': ({ certificate }) => {
    const [first, second, third] = certificate.precommits
    const swapped = [
      { ...first, signature: second?.signature },
      { ...second, signature: first?.signature },
    ]
    return { ...certificate, precommits: [...swapped, third] }
  },
  'precommits out of order': ({ certificate }) => ({
    ...certificate,
    precommits: certificate.precommits.toReversed(),
  }),
  'a precommit by no voter': ({ certificate }) => ({
    ...certificate,
    precommits: [...certificate.precommits.slice(0, 2), { ...certificate.precommits[2], voter: 'v99' }],
  }),
  'a flipped bit in a precommit': ({ certificate }) => ({
    ...certificate,
    precommits: certificate.precommits.map((vote) => ({ ...vote, signature: flipped(vote.signature) })),
  }),
  'prevotes as precommits': (of) => signedAnew(of, { kind: 'prevote' }),
  'precommits of another round': (of) => signedAnew(of, { round: 1 }),
  'mixed rounds': (of) => {
    const { precommits } = signedAnew(of, { round: 1 })
    return { ...of.certificate, precommits: [precommits[0], ...of.certificate.precommits.slice(1)] }
  },
  'precommits with a valid round': (of) => signedAnew(of, { validRound: 0, round: 0 }),
  'precommits for nil': (of) => signedAnew(of, { valueId: null }),
  'precommits under another tag': ({ world, certificate }) => ({
    ...certificate,
    precommits: certificate.precommits.map((vote) => {
      const [, message] = precommitOf({ world, certificate }, vote.voter)
      const bytes = signBytes(world.instance, message)
      // The version in "amos-swarm/decision/1/precommit".
      bytes[4 + 'amos-swarm/decision/'.length] = '2'.charCodeAt(0)
      return { ...vote, signature: world.key(vote.voter).sign(bytes) }
    }),
  }),
  'another round than was signed': ({ certificate }) => ({ ...certificate, round: certificate.round + 1 }),
  'another height': ({ certificate }) => ({ ...certificate, height: 2 }),
  'another tenant': ({ certificate }) => ({ ...certificate, tenantId: 'evil' }),
  'another swarm': ({ certificate }) => ({ ...certificate, swarmId: 'evil' }),
  'another proposal': ({ certificate }) => ({ ...certificate, proposalId: 'merge-43' }),
  'another title': ({ certificate }) => withProposal(certificate, { title: 'Merge change 43?' }),
  'another payload': ({ certificate }) => withProposal(certificate, { payloadHash: 'ab'.repeat(32) }),
  'another threshold': ({ certificate }) =>
    withProposal(certificate, { threshold: { numerator: 1, denominator: 2 } }),
  'another deadline': ({ certificate }) => withProposal(certificate, { deadlineMs: 1 }),
  'another first proposer': ({ certificate }) => withProposal(certificate, { firstProposer: 'v01' }),
  'a flipped bit in a ballot': ({ certificate }) =>
    withBallot(certificate, (ballot) => ({
      ...ballot,
      signature: flipped(ballot.signature),
    })),
  'a ballot turned round': ({ certificate }) =>
    withBallot(certificate, (ballot) => ({
      ...ballot,
      choice: ballot.choice === 'approve' ? 'abstain' : 'approve',
    })),
  'another reason': ({ certificate }) =>
    withBallot(certificate, (ballot) => ({ ...ballot, reason: 'because' })),
  'a ballot left out': ({ certificate }) => ({ ...certificate, ballots: certificate.ballots.slice(0, 3) }),
  'a ballot twice': ({ certificate }) => ({
    ...certificate,
    ballots: [...certificate.ballots, ...certificate.ballots.slice(-1)],
  }),
  'ballots out of order': ({ certificate }) => ({
    ...certificate,
    ballots: certificate.ballots.toReversed(),
  }),
  'another tally': ({ certificate }) => ({
    ...certificate,
    tally: { ...certificate.tally, missingWeight: 1 },
  }),
  'another outcome': ({ certificate }) => ({ ...certificate, outcome: { verdict: 'rejected' } }),
  'another winner': ({ certificate }) => ({
    ...certificate,
    outcome: { verdict: 'approved', option: 'reject' },
  }),
  'another ending': ({ certificate }) => ({ ...certificate, ending: 'expired' }),
  'a voter with more weight': ({ certificate }) => withVoter(certificate, { weight: 5 }),
  "a voter's key exchanged": ({ world, certificate }) =>
    withVoter(certificate, { publicKey: publicKey(world.key(world.voter(1)).publicKey) }),
  'a voter in its own custody who was not': ({ certificate }) => ({
    ...withVoter(certificate, { custody: 'hub' }),
    precommits: certificate.precommits.map((vote) =>
      vote.voter === certificate.electorate[0]?.agentId ? { ...vote, custody: 'hub' } : vote,
    ),
  }),
  'a precommit in other custody': ({ certificate }) => ({
    ...certificate,
    precommits: certificate.precommits.map((vote) => ({ ...vote, custody: 'hub' })),
  }),
  'a voter left out': ({ certificate }) => ({
    ...certificate,
    electorate: certificate.electorate.slice(0, 3),
  }),
  'a member too many': ({ certificate }) => ({ ...certificate, note: 'approved by the board' }),
  'a member too few': ({ certificate: { ending: _, ...rest } }) => rest,
  'another format': ({ certificate }) => ({ ...certificate, format: 'amos-decision-certificate/2' }),
  'upper-case hex': ({ certificate }) =>
    withBallot(certificate, (ballot) => ({
      ...ballot,
      signature: signature(ballot.signature).toUpperCase(),
    })),
  'no certificate at all': () => null,
}

function precommitOf({ world, certificate }: MutationCase, voter: string) {
  const value = {
    ending: certificate.ending,
    ballots: certificate.ballots.map((ballot) => ({ kind: 'ballot' as const, ...ballot })),
  }
  const message = {
    kind: 'precommit' as const,
    voter: agentId(voter),
    round: certificate.round,
    validRound: -1,
    valueId: world.idOf(value),
  }
  return [value, message] as const
}

/** The certificate with precommits that its signers really signed, for something else. */
function signedAnew(of: MutationCase, change: Partial<Omit<SignedVote, 'signature' | 'voter'>>) {
  const precommits = of.certificate.precommits.map((vote) => {
    const [, message] = precommitOf(of, vote.voter)
    return { ...vote, signature: of.world.sign({ ...message, ...change }).signature }
  })
  return { ...of.certificate, precommits }
}

function withProposal(certificate: DecisionCertificate, change: Readonly<Record<string, unknown>>) {
  return { ...certificate, proposal: { ...certificate.proposal, ...change } }
}

function withBallot(
  certificate: DecisionCertificate,
  change: (ballot: DecisionCertificate['ballots'][number]) => unknown,
) {
  const [first, ...rest] = certificate.ballots
  return { ...certificate, ballots: first === undefined ? rest : [change(first), ...rest] }
}

function withVoter(
  certificate: DecisionCertificate,
  change: Partial<DecisionCertificate['electorate'][number]>,
) {
  const [first, ...rest] = certificate.electorate
  return { ...certificate, electorate: first === undefined ? rest : [{ ...first, ...change }, ...rest] }
}

/** Another signature of the same length: its first bit the other way. */
function flipped(hex: string): string {
  return (Number.parseInt(hex.charAt(0), 16) ^ 8).toString(16) + hex.slice(1)
}
