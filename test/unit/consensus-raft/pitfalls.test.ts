import { describe, expect, it } from 'vitest'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import { genesisOf, isSettled } from '#domain/consensus/raft/raft-state.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { lastEntry, votersOf, withEntry } from '#domain/consensus/raft/voter-log.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import { RaftLab } from './lab/raft-lab.ts'

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => agentId(name)) as [
  AgentId,
  AgentId,
  AgentId,
  AgentId,
  AgentId,
]

/** Voters of one electorate, each in a term and with entries of the terms that are given. */
function labOf(voters: Readonly<Record<string, { term?: number; entries?: readonly number[] }>>): RaftLab {
  const lab = new RaftLab()
  const ids = Object.keys(voters).map((name) => agentId(name))
  for (const [name, { term: own = 0, entries = [] }] of Object.entries(voters)) {
    const genesis = genesisOf(electorateEpoch(1), ids)
    const log = entries.reduce((log, raw) => withEntry(log, term(raw), ids), genesis.log)
    lab.start(agentId(name), { ...genesis, term: term(own), log })
  }
  return lab
}

function elected(lab: RaftLab, leader: AgentId): RaftLab {
  lab.electionTimeout(leader)
  lab.settle()
  if (lab.states.get(leader)?.role.type !== 'leader') throw new Error(`${leader} does not lead`)
  return lab
}

function sentBy<Type extends RaftMessage['type']>(lab: RaftLab, from: AgentId, type: Type) {
  return lab.inFlight.filter(
    (message): message is Extract<RaftMessage, { type: Type }> =>
      message.from === from && message.type === type,
  )
}

describe('PreVote', () => {
  it('is refused with the higher term of the refuser, which the asker then takes over (etcd 8243, 8501)', () => {
    const lab = labOf({ a: { term: 3 }, b: { term: 7 }, c: { term: 7 } })
    lab.electionTimeout(a)
    lab.deliver(({ to }) => to === b)
    expect(sentBy(lab, b, 'pre_vote_reply')).toMatchObject([{ term: 7, isGranted: false }])
    lab.deliver(({ from }) => from === b)
    expect(lab.states.get(a)?.durable.term).toBe(7)
    expect(lab.states.get(a)?.role.type).toBe('follower')
  })

  it('is refused in the own term as well, where the vote of that term is given', () => {
    const lab = labOf({ a: { term: 3 }, b: { term: 4 }, c: { term: 4 } })
    lab.saved.set(b, { ...lab.saved.get(b)!, votedFor: c })
    lab.restart(b)
    lab.electionTimeout(a)
    lab.deliver(({ to }) => to === b)
    expect(sentBy(lab, b, 'pre_vote_reply')).toMatchObject([{ term: 4, isGranted: false }])
  })

  it.each([
    ['shorter', [1, 2], [1, 2, 2]],
    ['older in its last term, though longer', [1, 1, 1, 1], [1, 2]],
  ])('is refused to a log that is %s (NuRaft 134)', (_what, candidates, voters) => {
    const lab = labOf({ a: { term: 2, entries: candidates }, b: { term: 2, entries: voters }, c: {} })
    lab.electionTimeout(a)
    lab.deliver(({ to }) => to === b)
    expect(sentBy(lab, b, 'pre_vote_reply')).toMatchObject([{ isGranted: false }])
  })

  it('granted, changes neither term nor vote nor timer of who grants it (hashicorp/raft 609)', () => {
    const lab = labOf({ a: {}, b: {}, c: {} })
    const before = lab.states.get(b)!
    lab.electionTimeout(a)
    lab.deliver(({ to }) => to === b)
    expect(sentBy(lab, b, 'pre_vote_reply')).toMatchObject([{ isGranted: true }])
    expect(lab.states.get(b)).toEqual(before)
  })
})

describe('the wait for a leader', () => {
  it('starts afresh when a vote is given, not when one is refused (hashicorp/raft 609)', () => {
    const lab = labOf({ a: { term: 4 }, b: { term: 4 }, c: { term: 4, entries: [4] } })
    const [untilB, untilC] = [b, c].map((name) => lab.states.get(name)!.electionDueAt)
    lab.wait(150)
    lab.electionTimeout(a)
    lab.deliver(({ to }) => to === b)
    lab.deliver(({ from }) => from === b)
    lab.deliver(({ type }) => type === 'vote_request')
    expect(lab.states.get(b)).toMatchObject({ durable: { term: 5, votedFor: a } })
    expect(lab.states.get(b)!.electionDueAt).toBeGreaterThan(untilB!)
    expect(lab.states.get(c)).toMatchObject({ durable: { term: 5, votedFor: null } })
    expect(lab.states.get(c)!.electionDueAt).toBe(untilC)
  })

  it('can only be shortened by a hint', () => {
    const lab = labOf({ a: {}, b: {}, c: {} })
    for (let i = 0; i < 100; i += 1) {
      const before = lab.states.get(b)!.electionDueAt
      lab.wait(3)
      lab.step(b, { type: 'leader_gone', leaderId: null })
      expect(lab.states.get(b)!.electionDueAt).toBeLessThanOrEqual(before)
    }
  })
})

describe('partial connectivity (Cloudflare, 2020)', () => {
  it('leaves a leader alone that a majority hears, whoever else asks', () => {
    const lab = elected(labOf({ a: {}, b: {}, c: {} }), a)
    lab.cutBothWays(a, c)
    for (let i = 0; i < 20; i += 1) {
      lab.wait(40)
      lab.step(a, { type: 'time_passed' })
      lab.settle()
      lab.electionTimeout(c)
      lab.settle()
    }
    expect(lab.states.get(a)).toMatchObject({ role: { type: 'leader' }, durable: { term: 1 } })
    expect(lab.states.get(b)).toMatchObject({ leaderId: a, durable: { term: 1 } })
  })

  it('ends a leader that no majority answers, although others still hear it', () => {
    const lab = elected(labOf({ a: {}, b: {}, c: {} }), a)
    lab.cut(b, a)
    lab.cut(c, a)
    for (let i = 0; i < 2; i += 1) {
      lab.wait(200)
      lab.step(a, { type: 'time_passed' })
      lab.settle()
    }
    expect(lab.states.get(a)).toMatchObject({ role: { type: 'follower' }, leaderId: null })
  })
})

describe('commitment', () => {
  it('counts no copies of an entry of an earlier term (figure 3.7)', () => {
    const lab = labOf({
      a: { term: 3, entries: [1, 2] },
      b: { term: 3, entries: [1, 2] },
      c: { term: 3 },
      d: {},
      e: {},
    })
    for (const name of [d, e]) for (const other of [a, b, c]) lab.cutBothWays(name, other)
    lab.electionTimeout(a)
    for (let i = 0; i < 4; i += 1) lab.deliver()
    expect(lab.states.get(a)?.role.type).toBe('leader')
    lab.inFlight = []
    const header = { epoch: electorateEpoch(1), term: term(4), to: a, isAccepted: true }
    for (const from of [b, c]) {
      lab.step(a, { type: 'message_received', message: { type: 'append_reply', ...header, from, index: 2 } })
    }
    expect(lab.states.get(a)?.commitIndex).toBe(0)
    lab.step(a, { type: 'message_received', message: { type: 'append_reply', ...header, from: b, index: 3 } })
    expect(lab.states.get(a)?.commitIndex).toBe(0)
    lab.step(a, { type: 'message_received', message: { type: 'append_reply', ...header, from: c, index: 3 } })
    expect(lab.states.get(a)?.commitIndex).toBe(3)
  })

  it('is not undone by a message that comes late and says less', () => {
    const lab = labOf({ a: {}, b: {}, c: {} })
    lab.electionTimeout(a)
    for (let i = 0; i < 4; i += 1) lab.deliver()
    const late = sentBy(lab, a, 'append').find(({ to }) => to === b)
    lab.settle()
    lab.step(a, { type: 'voter_change_asked', change: { type: 'remove', agentId: c } })
    lab.settle()
    const before = lab.states.get(b)!
    lab.step(b, { type: 'message_received', message: late! })
    expect(lab.states.get(b)).toMatchObject({ durable: before.durable, commitIndex: before.commitIndex })
  })
})

describe('a change of voters', () => {
  it('waits for an entry of the leader’s own term: else two majorities without a common member can arise', () => {
    const lab = labOf({ a: {}, b: {}, c: {}, d: {} })
    lab.electionTimeout(a)
    for (let i = 0; i < 4; i += 1) lab.deliver()
    lab.takeReport()
    expect(isSettled(lab.states.get(a)!)).toBe(false)
    lab.step(a, { type: 'voter_change_asked', change: { type: 'add', agentId: e } })
    expect(lab.takeReport()).toEqual(['a refuses: not_settled'])
    lab.settle()
    lab.takeReport()
    lab.step(a, { type: 'voter_change_asked', change: { type: 'add', agentId: e } })
    expect(votersOf(lab.states.get(a)!.durable.log)).toEqual([a, b, c, d, e])
  })

  it('is refused beyond eleven voters', () => {
    const names = Array.from({ length: 11 }, (_, at) => `v${at}`)
    const lab = elected(labOf(Object.fromEntries(names.map((name) => [name, {}]))), agentId('v0'))
    lab.takeReport()
    lab.step(agentId('v0'), { type: 'voter_change_asked', change: { type: 'add', agentId: a } })
    expect(lab.takeReport()).toEqual(['v0 refuses: too_many_voters'])
  })
})

describe('bounds', () => {
  it('a voter whose log is full of what nobody could commit does not campaign', () => {
    const lab = labOf({ a: { term: 1, entries: Array.from({ length: 256 }, () => 1) }, b: {}, c: {} })
    lab.electionTimeout(a)
    expect(lab.inFlight).toEqual([])
  })

  it('a follower far behind gets what it lacks in parts', () => {
    const entries = Array.from({ length: 100 }, () => 1)
    const lab = labOf({ a: { term: 1, entries }, b: { term: 1, entries }, c: { term: 1 } })
    // With b nothing would be left to send: what is committed is cut off.
    lab.cut(a, b)
    lab.electionTimeout(a)
    let longest = 0
    while (lab.inFlight.length > 0) {
      for (const message of sentBy(lab, a, 'append')) longest = Math.max(longest, message.entries.length)
      lab.deliver()
    }
    expect(longest).toBe(32)
    expect(lastEntry(lab.states.get(c)!.durable.log)).toMatchObject({ index: 101, term: 2 })
  })
})

describe('a message', () => {
  it('of another epoch, or to somebody else, is not heard', () => {
    const lab = elected(labOf({ a: {}, b: {}, c: {} }), a)
    lab.wait(40)
    lab.step(a, { type: 'time_passed' })
    const [append] = sentBy(lab, a, 'append')
    const before = lab.states.get(b)!
    for (const message of [
      { ...append!, epoch: electorateEpoch(2), term: term(9) },
      { ...append!, epoch: electorateEpoch(0) },
      { ...append!, to: c },
    ]) {
      lab.step(b, { type: 'message_received', message })
    }
    expect(lab.states.get(b)).toEqual(before)
  })
})
