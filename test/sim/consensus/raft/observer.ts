import { type DoubleVote, DoubleVoteWatch } from '#domain/consensus/raft/double-vote.ts'
import { isQuorum } from '#domain/consensus/raft/quorum.ts'
import type { RaftEffect } from '#domain/consensus/raft/raft-input.ts'
import { compareLeadership, type Leadership } from '#domain/consensus/raft/term.ts'
import { entryAt } from '#domain/consensus/raft/voter-log.ts'
import type { AgentId } from '#domain/model/ids.ts'
import { type SimulatedVoter, toySignature } from './simulated-voter.ts'

type Effect<Type extends RaftEffect['type']> = Extract<RaftEffect, { type: Type }>

/** Sees everything all voters do and says what may never happen. */
export class Observer {
  readonly violations: string[] = []
  readonly doubleVotes: DoubleVote[] = []
  /** The newest electorate anybody announced. */
  newestVoters: { readonly epoch: number; readonly index: number; readonly voters: readonly AgentId[] }
  /** Terms that somebody campaigned in, handovers left out. */
  readonly campaigns = new Set<string>()
  electionCount = 0
  voterChangeCount = 0
  readonly #leaders = new Map<string, AgentId>()
  readonly #votes = new Map<string, AgentId>()
  readonly #committed = new Map<string, string>()
  readonly #commitSeen = new Map<AgentId, string>()
  readonly #durableSeen = new Map<AgentId, Leadership>()
  readonly #watch = new DoubleVoteWatch()

  constructor(voters: readonly AgentId[]) {
    this.newestVoters = { epoch: 1, index: 0, voters }
  }

  onEffect(voter: SimulatedVoter, effect: RaftEffect): void {
    switch (effect.type) {
      case 'persist':
        this.#onPersist(voter, effect)
        break
      case 'grant_vote':
        this.#onVote(voter, effect)
        break
      case 'announce_leader':
        this.#onLeader(voter.id, effect)
        break
      case 'announce_voters':
        this.#onVoters(effect)
        break
      case 'send':
        this.#onSend(voter, effect)
        break
      case 'refuse':
        break
    }
  }

  /** What is committed is agreed, whoever committed it, and however often they restarted since. */
  onDone({ id, state: { durable, commitIndex } }: SimulatedVoter): void {
    const place = `${durable.epoch}/${commitIndex}`
    if (commitIndex === 0 || this.#commitSeen.get(id) === place) return
    this.#commitSeen.set(id, place)
    const entry = entryAt(durable.log, commitIndex)
    const content = `${entry?.term} ${entry?.voters.join(' ')}`
    const agreed = this.#committed.get(place)
    if (agreed === undefined) this.#committed.set(place, content)
    else if (agreed !== content) this.#fail(`${id} commits ${content} at ${place}, others ${agreed}`)
  }

  #onPersist(voter: SimulatedVoter, { durable }: Effect<'persist'>): void {
    const before = this.#durableSeen.get(voter.id)
    if (before !== undefined && compareLeadership(durable, before) < 0) {
      this.#fail(`${voter.id} went back to term ${durable.epoch}/${durable.term}`)
    }
    this.#durableSeen.set(voter.id, durable)
  }

  #onVote(voter: SimulatedVoter, { candidate, epoch, term }: Effect<'grant_vote'>): void {
    if (candidate === voter.id) this.campaigns.add(`${epoch}/${term}`)
    const signature = toySignature(voter.id, epoch, term, candidate)
    const evidence = this.#watch.observe({ voter: voter.id, candidate, epoch, term, signature })
    if (evidence !== undefined) this.doubleVotes.push(evidence)
    const key = `${voter.id} ${epoch}/${term}`
    const earlier = this.#votes.get(key) ?? candidate
    this.#votes.set(key, candidate)
    if (earlier !== candidate) this.#fail(`${key}: votes for ${earlier} and ${candidate}`)
    const { saved } = voter
    if (saved.epoch !== epoch || saved.term !== term || saved.votedFor !== candidate) {
      this.#fail(`${key}: votes for ${candidate} before that is on record`)
    }
  }

  #onLeader(self: AgentId, { leaderId, epoch, term, certificate }: Effect<'announce_leader'>): void {
    if (leaderId === null) return
    const key = `${epoch}/${term}`
    const known = this.#leaders.get(key) ?? leaderId
    this.#leaders.set(key, leaderId)
    if (known !== leaderId) this.#fail(`two leaders of ${key}: ${known} and ${leaderId}`)
    if (self !== leaderId) return
    this.electionCount += 1
    const sound = new Set(
      (certificate?.votes ?? [])
        .filter((vote) => vote.signature === toySignature(vote.voter, epoch, term, leaderId))
        .map((vote) => vote.voter),
    )
    if (!isQuorum(certificate?.voters ?? [], (voter) => sound.has(voter))) {
      this.#fail(`the certificate of ${leaderId} for ${key} proves nothing`)
    }
  }

  #onVoters({ epoch, index, voters }: Effect<'announce_voters'>): void {
    const { newestVoters } = this
    if (epoch < newestVoters.epoch || (epoch === newestVoters.epoch && index <= newestVoters.index)) return
    this.newestVoters = { epoch, index, voters }
    this.voterChangeCount += 1
  }

  #onSend(voter: SimulatedVoter, { message }: Effect<'send'>): void {
    if (message.type === 'vote_request' && message.isTransfer) {
      this.campaigns.delete(`${message.epoch}/${message.term}`)
    }
    // Asking for a term, or granting what was asked, enters no term.
    if (message.type === 'pre_vote' || message.type === 'pre_vote_reply') return
    if (compareLeadership(voter.saved, message) < 0) {
      this.#fail(`${voter.id} speaks in ${message.epoch}/${message.term} before that is on record`)
    }
  }

  #fail(violation: string): void {
    this.violations.push(violation)
  }
}
