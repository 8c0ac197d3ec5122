import { describe, expect, it } from 'vitest'
import { type DoubleVote, DoubleVoteWatch, provesDoubleVote } from '#domain/consensus/raft/double-vote.ts'
import { compareLeadership, electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import {
  type ElectionPlace,
  type Vote,
  type VoteCertificate,
  voteBytes,
  voteCertificateDefect,
} from '#domain/consensus/raft/vote-certificate.ts'
import type { Signature } from '#domain/model/hex.ts'
import { type AgentId, agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => agentId(name)) as [AgentId, AgentId, AgentId, AgentId]
const place: ElectionPlace = { tenantId: tenantId('acme'), swarmId: swarmId('one') }
const trusted = new Map([a, b, c].map((voter) => [voter, toyKey(voter).publicKey]))
const leadership = { epoch: electorateEpoch(1), term: term(4) }

function voteOf(voter: AgentId, candidate: AgentId, at = leadership, where = place): Vote {
  const vote = { ...at, voter, candidate }
  return { ...vote, signature: toyKey(voter).sign(voteBytes(where, vote)) }
}

function certificateOf(voters: readonly AgentId[], votes: readonly Vote[]): VoteCertificate {
  return { ...leadership, leaderId: a, voters, votes }
}

describe('a vote certificate', () => {
  const good = certificateOf([a, b, c], [voteOf(a, a), voteOf(b, a)])
  const defect = (certificate: VoteCertificate, where = place) =>
    voteCertificateDefect(where, certificate, trusted, toyVerifier)

  it('proves with the votes of a majority that its leader won', () => {
    expect(defect(good)).toBeUndefined()
    expect(defect({ ...good, voters: [c, a, b] })).toBeUndefined()
  })

  it.each<[string, VoteCertificate]>([
    ['no_quorum', certificateOf([a, b, c], [voteOf(a, a)])],
    ['voted_twice', certificateOf([a, b, c], [voteOf(a, a), voteOf(a, a)])],
    ['voter_unknown', certificateOf([a, b, c], [voteOf(a, a), voteOf(d, a)])],
    ['other_voters', certificateOf([a, b], [voteOf(a, a), voteOf(b, a)])],
    ['other_voters', certificateOf([a, b, d], [voteOf(a, a), voteOf(b, a)])],
    ['other_voters', certificateOf([a, a, b], [voteOf(a, a), voteOf(b, a)])],
    ['signature_wrong', certificateOf([a, b, c], [voteOf(a, a), voteOf(b, c)])],
    [
      'signature_wrong',
      certificateOf([a, b, c], [voteOf(a, a), { ...voteOf(b, a), signature: '' as Signature }]),
    ],
    ['signature_wrong', { ...good, term: term(5) }],
    ['signature_wrong', { ...good, epoch: electorateEpoch(2) }],
    ['signature_wrong', { ...good, leaderId: b }],
  ])('has the defect %s', (expected, certificate) => {
    expect(defect(certificate)).toBe(expected)
  })

  it('proves nothing in another swarm or for another tenant', () => {
    expect(defect(good, { ...place, swarmId: swarmId('two') })).toBe('signature_wrong')
    expect(defect(good, { ...place, tenantId: tenantId('other') })).toBe('signature_wrong')
  })
})

describe('a double vote', () => {
  const keyOf = (voter: AgentId) => trusted.get(voter)
  const proves = (evidence: DoubleVote) => provesDoubleVote(place, evidence, keyOf, toyVerifier)

  it('is found by who watches, and proves itself', () => {
    const watch = new DoubleVoteWatch()
    expect(watch.observe(voteOf(b, a))).toBeUndefined()
    expect(watch.observe(voteOf(b, a)), 'the same vote again').toBeUndefined()
    const evidence = watch.observe(voteOf(b, c))
    expect(evidence).toEqual({ first: voteOf(b, a), second: voteOf(b, c) })
    expect(proves(evidence!)).toBe(true)
  })

  it('is none in two terms, in two epochs, or by two voters', () => {
    const watch = new DoubleVoteWatch()
    const later = { ...leadership, term: term(5) }
    const newer = { ...leadership, epoch: electorateEpoch(2) }
    for (const vote of [voteOf(b, a), voteOf(b, c, later), voteOf(b, c, newer), voteOf(a, c)]) {
      expect(watch.observe(vote)).toBeUndefined()
    }
    expect(proves({ first: voteOf(b, a), second: voteOf(b, c, later) })).toBe(false)
    expect(proves({ first: voteOf(b, a), second: voteOf(b, a) })).toBe(false)
    expect(proves({ first: voteOf(b, a), second: voteOf(a, c) })).toBe(false)
  })

  it('is not proven with a vote that its voter did not sign, or by a voter nobody knows', () => {
    const forged = { ...voteOf(b, c), signature: voteOf(a, c).signature }
    expect(proves({ first: voteOf(b, a), second: forged })).toBe(false)
    expect(proves({ first: voteOf(d, a), second: voteOf(d, c) })).toBe(false)
  })

  it('is found however votes of other terms came in between, as long as they are few', () => {
    const watch = new DoubleVoteWatch()
    watch.observe(voteOf(b, a))
    for (let i = 1; i < 8; i += 1) watch.observe(voteOf(b, a, { ...leadership, term: term(4 + i) }))
    expect(watch.observe(voteOf(b, c))).toBeDefined()
    watch.forget(b)
    expect(watch.observe(voteOf(b, c))).toBeUndefined()
  })
})

it('orders leaderships by epoch, then by term', () => {
  const at = (epoch: number, raw: number) => ({ epoch: electorateEpoch(epoch), term: term(raw) })
  expect(compareLeadership(at(2, 1), at(1, 9))).toBeGreaterThan(0)
  expect(compareLeadership(at(1, 8), at(1, 9))).toBeLessThan(0)
  expect(compareLeadership(at(1, 9), at(1, 9))).toBe(0)
})
