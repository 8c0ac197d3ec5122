import { describe, expect, it } from 'vitest'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import type { LeaderNews, RaftStore, VotersNews } from '#domain/consensus/raft/raft-ports.ts'
import { type DurableState, genesisOf, RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { RaftVoter } from '#domain/consensus/raft/raft-voter.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { voteCertificateDefect } from '#domain/consensus/raft/vote-certificate.ts'
import type { Signature } from '#domain/model/hex.ts'
import { type AgentId, agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => agentId(name)) as [AgentId, AgentId, AgentId, AgentId]
const place = { tenantId: tenantId('acme'), swarmId: swarmId('one') }
const epoch = electorateEpoch(1)

/** A disk that can be made to wait, or to fail. */
class TestStore implements RaftStore {
  durable: DurableState | undefined
  saveCount = 0
  failure: Error | undefined
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => undefined

  block(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  unblock(): void {
    this.#open()
  }

  async load(): Promise<DurableState | undefined> {
    return this.durable
  }

  async save(durable: DurableState): Promise<void> {
    await this.#gate
    if (this.failure !== undefined) throw this.failure
    this.saveCount += 1
    this.durable = durable
  }
}

interface Member {
  readonly voter: RaftVoter
  readonly store: TestStore
  readonly sent: RaftMessage[]
  readonly leaders: LeaderNews[]
  readonly voters: VotersNews[]
  readonly rejected: AgentId[]
  readonly halts: unknown[]
}

interface Table {
  readonly clock: ManualClock
  readonly members: ReadonlyMap<AgentId, Member>
}

function member(
  self: AgentId,
  clock: ManualClock,
  deliver: (message: RaftMessage) => void,
  mailboxMax = 100,
): Member {
  const store = new TestStore()
  const [sent, leaders, voters, rejected, halts]: [
    RaftMessage[],
    LeaderNews[],
    VotersNews[],
    AgentId[],
    unknown[],
  ] = [[], [], [], [], []]
  const voter = new RaftVoter(
    { self, place, timing: RAFT_TIMING, seed: self.charCodeAt(0), mailboxMax },
    {
      clock,
      store,
      key: toyKey(self),
      keyOf: (voter) => toyKey(voter).publicKey,
      verifier: toyVerifier,
      transport: {
        send(message) {
          sent.push(message)
          deliver(message)
        },
      },
      listener: {
        leaderChanged: (news) => leaders.push(news),
        votersChanged: (news) => voters.push(news),
        voteRejected: (from) => rejected.push(from),
        halted: (error) => halts.push(error),
      },
    },
  )
  return { voter, store, sent, leaders, voters, rejected, halts }
}

async function tableOf(...ids: AgentId[]): Promise<Table> {
  const clock = new ManualClock()
  const members = new Map<AgentId, Member>()
  for (const id of ids) {
    members.set(
      id,
      member(id, clock, (message) =>
        clock.setTimer(1, () => members.get(message.to)?.voter.receive(message)),
      ),
    )
  }
  for (const { voter } of members.values()) await voter.start(epoch, ids)
  return { clock, members }
}

function leaderOf({ members }: Table): Member | undefined {
  return [...members.values()].find(({ voter }) => voter.state?.role.type === 'leader')
}

async function alone(mailboxMax?: number): Promise<{ clock: ManualClock; self: Member }> {
  const clock = new ManualClock()
  const self = member(b, clock, () => undefined, mailboxMax)
  await self.voter.start(epoch, [a, b, c])
  return { clock, self }
}

function voteRequest(from: AgentId, raw = 1): RaftMessage {
  return {
    type: 'vote_request',
    epoch,
    term: term(raw),
    from,
    to: b,
    lastIndex: 0,
    lastTerm: term(0),
    isTransfer: false,
  }
}

describe('three voters', () => {
  it('elect a leader by themselves, tell of it, and can prove it', async () => {
    const table = await tableOf(a, b, c)
    await table.clock.advanceAsync(600)
    const leader = leaderOf(table)!
    const { leaderId } = leader.leaders.at(-1)!
    for (const { leaders } of table.members.values())
      expect(leaders.at(-1)).toMatchObject({ leaderId, epoch })
    const trusted = new Map([a, b, c].map((voter) => [voter, toyKey(voter).publicKey]))
    const { certificate } = leader.leaders.at(-1)!
    expect(voteCertificateDefect(place, certificate!, trusted, toyVerifier)).toBeUndefined()
  })

  it('elect another after the leader stopped, sooner with a hint', async () => {
    const table = await tableOf(a, b, c)
    await table.clock.advanceAsync(600)
    const first = leaderOf(table)!
    const { leaderId } = first.leaders.at(-1)!
    first.voter.stop()
    const others = [...table.members.values()].filter((member) => member !== first)
    for (const { voter } of others) voter.leaderGone(leaderId)
    await table.clock.advanceAsync(70)
    for (const { leaders } of others) expect(leaders.at(-1)?.leaderId).toMatch(/[abc]/)
    for (const { leaders } of others) expect(leaders.at(-1)?.leaderId).not.toBe(leaderId)
  })

  it('take in another voter, and hand the lead over to it', async () => {
    const table = await tableOf(a, b, c, d)
    const { voter } = leaderOf(table) ?? { voter: undefined }
    expect(voter).toBeUndefined()
    await table.clock.advanceAsync(600)
    const leader = leaderOf(table)!
    const self = leader.voter.state!.self
    const other = [a, b, c, d].find((id) => id !== self)!
    const change = leader.voter.changeVoters({ type: 'remove', agentId: other })
    await table.clock.advanceAsync(20)
    expect(await change).toBeUndefined()
    const rest = [a, b, c, d].filter((id) => id !== other)
    expect(leader.voters.at(-1)).toMatchObject({ epoch, voters: rest })

    const successor = rest.find((id) => id !== self)!
    const transfer = leader.voter.transferTo(successor)
    await table.clock.advanceAsync(20)
    expect(await transfer).toBeUndefined()
    expect(leader.leaders.at(-1)).toMatchObject({ leaderId: successor })
  })

  it('begin anew with an electorate that the hub logged', async () => {
    const table = await tableOf(a, b, c)
    await table.clock.advanceAsync(600)
    for (const { voter } of table.members.values()) voter.electorateLogged(electorateEpoch(2), [a, b])
    await table.clock.advanceAsync(100)
    expect(leaderOf(table)!.leaders.at(-1)).toMatchObject({ epoch: 2, certificate: { voters: [a, b] } })
  })
})

describe('a voter', () => {
  it('says nothing of a vote before it is on record', async () => {
    const { clock, self } = await alone()
    self.store.block()
    self.voter.receive(voteRequest(a))
    await clock.advanceAsync(50)
    expect(self.sent).toEqual([])
    self.store.unblock()
    await clock.advanceAsync(0)
    expect(self.sent).toMatchObject([{ type: 'vote_grant', to: a, term: 1 }])
    expect(self.store.durable).toMatchObject({ term: 1, votedFor: a })
  })

  it('that dies between record and word gives nobody else that vote when it is back', async () => {
    const { clock, self } = await alone()
    self.store.block()
    self.voter.receive(voteRequest(a))
    await clock.advanceAsync(0)
    self.voter.stop()
    self.store.unblock()
    await clock.advanceAsync(0)
    expect(self.sent).toEqual([])

    const again = member(b, clock, () => undefined)
    again.store.durable = self.store.durable
    await again.voter.start(epoch, [a, b, c])
    again.voter.receive(voteRequest(c))
    again.voter.receive(voteRequest(a))
    await clock.advanceAsync(0)
    expect(again.sent).toMatchObject([
      { type: 'vote_refusal', to: c },
      { type: 'vote_grant', to: a },
    ])
  })

  it('takes no further part when it cannot persist', async () => {
    const { clock, self } = await alone()
    self.store.failure = new Error('disk full')
    self.voter.receive(voteRequest(a))
    await clock.advanceAsync(0)
    expect(self.halts).toEqual([self.store.failure])
    self.store.failure = undefined
    self.voter.receive(voteRequest(a))
    await clock.advanceAsync(1_000)
    expect(self.sent).toEqual([])
    expect(clock.timerCount).toBe(0)
  })

  it('throws a vote away that its voter did not sign', async () => {
    const { self } = await alone()
    const grant = { type: 'vote_grant' as const, epoch, term: term(1), from: a, to: b }
    self.voter.receive({ ...grant, signature: 'forged' as Signature })
    expect(self.rejected).toEqual([a])
  })

  it('drops what does not fit into its mailbox', async () => {
    const { clock, self } = await alone(3)
    self.store.block()
    self.voter.receive(voteRequest(a))
    for (let i = 0; i < 10; i += 1) self.voter.receive(voteRequest(c, 0))
    self.store.unblock()
    await clock.advanceAsync(0)
    expect(self.sent.map(({ type }) => type)).toEqual([
      'vote_grant',
      ...Array<string>(3).fill('vote_refusal'),
    ])
  })

  it('is not told anything before its start or after its end', async () => {
    const clock = new ManualClock()
    const { voter, sent } = member(b, clock, () => undefined)
    voter.receive(voteRequest(a))
    expect(await voter.changeVoters({ type: 'add', agentId: d })).toBe('not_leader')
    await voter.start(epoch, [a, b, c])
    voter.stop()
    expect(await voter.transferTo(c)).toBe('not_leader')
    await clock.advanceAsync(1_000)
    expect([sent, clock.timerCount]).toEqual([[], 0])
  })

  it('heeds a hint that came while it was starting', async () => {
    const clock = new ManualClock()
    const { voter, sent } = member(b, clock, () => undefined)
    const started = voter.start(epoch, [a, b, c])
    voter.leaderGone(null)
    await started
    await clock.advanceAsync(60)
    expect(sent).toMatchObject([{ type: 'pre_vote' }, { type: 'pre_vote' }])
  })

  it('starts from its record, and enters the epoch that the hub logged meanwhile', async () => {
    const clock = new ManualClock()
    const { voter, store } = member(b, clock, () => undefined)
    store.durable = { ...genesisOf(epoch, [a, b, c]), term: term(7), votedFor: c }
    await voter.start(electorateEpoch(2), [b, c])
    await clock.advanceAsync(0)
    expect(store.durable).toMatchObject({ epoch: 2, votedFor: null })
  })
})
