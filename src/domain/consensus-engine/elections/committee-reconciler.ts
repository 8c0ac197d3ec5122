import type { CommitteeMember } from '../../consensus/consensus-message.ts'
import { idsOf } from '../../consensus/electorate.ts'
import {
  chooseCommittee,
  ELECTORATE_PATIENCE_MS,
  electorateLostSince,
  nextVoterChange,
} from '../../consensus/raft/committee.ts'
import type { VoterChange } from '../../consensus/raft/raft-input.ts'
import type { VotersNews } from '../../consensus/raft/raft-ports.ts'
import { PacedWork } from '../../kernel/paced-work.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import type { ElectionRepository } from './election-repository.ts'
import type { HostedRaft } from './hosted-raft.ts'
import type { LeadershipWatch } from './leadership-watch.ts'
import type { VoteWatch } from './vote-watch.ts'
import type { VoterRegistry } from './voter-registry.ts'

export interface CommitteeReconcilerModules {
  readonly repository: ElectionRepository
  readonly voterRegistry: VoterRegistry
  readonly hosted: HostedRaft
  readonly votes: VoteWatch
  readonly leadership: LeadershipWatch
  readonly transport: VoterTransport
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
  /** Whether the swarm's topology needs a leader. */
  isTree(): boolean
}

/** From an agent's coming or going to a look at the committee, so that many who come at once are one look. */
const LOOK_SOON_MS = 20
/**
 * Pause before the leader is asked again for a change that it has not reported, in milliseconds: short at first, since a
 * new leader takes a moment until it can change anything, and twice as long each time.
 */
const ASK_AGAIN_MS = { first: 50, max: 1_000 }
/** Pause before another look where one failed, in milliseconds. */
const TRY_AGAIN_MS = 500

/**
 * Keeps the committee that elects the leader what it should be: starts it, has its leader take in and put out voters one
 * at a time, and gives it up for another where most of its voters are gone for good.
 */
export class CommitteeReconciler {
  readonly #modules: CommitteeReconcilerModules
  readonly #looks: PacedWork
  #isElecting = false
  /** Asked for and not committed yet, as far as the hub knows: it votes already, or nobody could commit its coming. */
  #joining: CommitteeMember | undefined
  /** Whom it asked for what, and how long it waits now. */
  #asked: { readonly question: string; readonly waitMs: number } | undefined
  #lostSince: MonotonicMs | null = null
  /** The newest committed change that is being written. */
  #heardIndex = 0

  constructor(modules: CommitteeReconcilerModules) {
    this.#modules = modules
    const name = 'a look at the committee'
    this.#looks = new PacedWork({ name, retryMs: TRY_AGAIN_MS }, { ...modules, work: () => this.#look() })
  }

  /** Takes up the electorate on record. Its voters come back by themselves. */
  recover(): void {
    const { repository, voterRegistry } = this.#modules
    voterRegistry.begin(repository.record.voters)
    this.#isElecting = repository.record.epoch > 0
    void this.look()
  }

  /** Agents came or went. A swarm that elects nobody sets no timer. */
  lookSoon(): void {
    if (this.#isElecting || this.#isWanted()) this.#looks.within(LOOK_SOON_MS)
  }

  /** Looks at the committee now, and does what is due. */
  look(): Promise<void> {
    return this.#looks.now()
  }

  /** The voters agreed on a change. Each of them says so; the first is believed. */
  async committed({ epoch, index, voters }: VotersNews): Promise<void> {
    const { repository, voterRegistry, votes } = this.#modules
    const { record } = repository
    if (epoch !== record.epoch || index <= Math.max(record.committeeIndex, this.#heardIndex)) return
    const members = voterRegistry.membersBy(voters, record.voters)
    if (members === undefined) return
    this.#heardIndex = index
    await repository.changeCommittee(epoch, index, members)
    if (this.#joining !== undefined && voters.includes(this.#joining.agentId)) this.#joining = undefined
    for (const voter of idsOf(record.voters)) if (!voters.includes(voter)) votes.forget(voter)
    this.tell([...idsOf(record.voters), ...voters])
    await this.look()
  }

  /** Tells agents with keys of their own who elects, and who is about to. */
  tell(agentIds: Iterable<AgentId>): void {
    const { repository, voterRegistry, transport } = this.#modules
    const { epoch, voters } = repository.record
    const candidates = this.#joining === undefined ? [] : [this.#joining]
    const told = [...new Set(agentIds)].filter((agentId) => !voterRegistry.isHosted(agentId))
    transport.tell(told, { kind: 'electorate', epoch, voters, candidates })
  }

  #isWanted(): boolean {
    const { voterRegistry, repository, isTree } = this.#modules
    return voterRegistry.hasSelfVoter || repository.record.isAskedFor || isTree()
  }

  async #look(): Promise<void> {
    const { repository, voterRegistry } = this.#modules
    if (this.#isElecting && voterRegistry.candidates([]).length === 0) {
      // No agent is here. The electorate stays, and patience begins with the first that is back: others may follow it.
      this.#lostSince = null
      this.#seat()
      return
    }
    if (!this.#isWanted()) {
      await this.#rest()
      return
    }
    const { voters } = repository.record
    const known = this.#joining === undefined ? voters : [...voters, this.#joining]
    this.#noteHealth()
    if (!this.#isElecting || this.#isGivenUp() || (await voterRegistry.hasOtherKey(known)))
      await this.#begin()
    else await this.#tend(idsOf(voters))
  }

  /** Nobody needs a leader any more. */
  async #rest(): Promise<void> {
    if (!this.#isElecting) return
    this.#isElecting = false
    this.#joining = undefined
    this.#lostSince = null
    this.#looks.cancel()
    this.#modules.hosted.unseatAll()
    await this.#modules.leadership.lose()
  }

  /** Logs a new electorate: terms, votes and leaders of the one before count no more. */
  async #begin(): Promise<void> {
    const { repository, voterRegistry, hosted, votes, transport } = this.#modules
    const { epoch, voters: former } = repository.record
    const chosen = chooseCommittee(voterRegistry.candidates([]))
    // The next agent that comes is looked at.
    if (chosen.length === 0) return
    const members = await Promise.all(chosen.map((agentId) => voterRegistry.memberOf(agentId)))
    await repository.logElectorate(epoch, members)
    if (repository.record.epoch === epoch) return
    this.#isElecting = true
    this.#joining = undefined
    this.#lostSince = null
    this.#heardIndex = 0
    voterRegistry.begin(repository.record.voters)
    votes.begin()
    this.#noteHealth()
    this.#seat()
    this.tell([...idsOf(former), ...chosen])
    transport.tell(chosen, { kind: 'leader_gone', leaderId: null })
    hosted.leaderGone(null)
    this.#looks.within(LOOK_SOON_MS)
  }

  async #tend(committee: readonly AgentId[]): Promise<void> {
    const { voterRegistry, leadership } = this.#modules
    this.#seat()
    const change = nextVoterChange(committee, voterRegistry.candidates(committee))
    if (this.#joining !== undefined && change?.agentId !== this.#joining.agentId) {
      const { agentId } = this.#joining
      this.#joining = undefined
      this.tell([agentId])
    }
    const leaderId = leadership.present
    if (change !== undefined && leaderId !== undefined) await this.#ask(leaderId, change)
  }

  async #ask(leaderId: AgentId, change: VoterChange): Promise<void> {
    const { repository, voterRegistry, hosted, transport } = this.#modules
    if (change.type === 'add') {
      const member = await voterRegistry.memberOf(change.agentId)
      const known = voterRegistry.keyOf(change.agentId)
      if (known !== undefined && known !== member.publicKey) {
        await this.#begin()
        return
      }
      voterRegistry.enter(member, repository.record.voters)
      this.#joining = member
      this.#seat()
      this.tell([...idsOf(repository.record.voters), member.agentId])
    }
    if (hosted.has(leaderId)) hosted.changeVoters(leaderId, change)
    else transport.tell([leaderId], { kind: 'change_voters', change })
    this.#looks.within(this.#pauseAfter(`${leaderId} ${change.type} ${change.agentId}`))
  }

  #pauseAfter(question: string): number {
    const before = this.#asked?.question === question ? this.#asked.waitMs : undefined
    const waitMs = before === undefined ? ASK_AGAIN_MS.first : Math.min(2 * before, ASK_AGAIN_MS.max)
    this.#asked = { question, waitMs }
    return waitMs
  }

  /** The hub votes for those of the committee that have no key of their own, as long as they are here. */
  #seat(): void {
    const { repository, voterRegistry, hosted } = this.#modules
    const { epoch, voters } = repository.record
    const committee = idsOf(voters)
    const seated = this.#joining === undefined ? committee : [...committee, this.#joining.agentId]
    hosted.seat({
      epoch,
      committee,
      hosted: seated.filter((agentId) => voterRegistry.isHosted(agentId) && voterRegistry.isHere(agentId)),
    })
  }

  #noteHealth(): void {
    const { repository, voterRegistry, leadership, clock } = this.#modules
    const now = clock.monotonic()
    const health = {
      voters: idsOf(repository.record.voters),
      isLive: (voter: AgentId) => voterRegistry.isHere(voter),
      hasLeader: leadership.present !== undefined,
    }
    this.#lostSince = electorateLostSince(this.#lostSince, health, now)
    if (this.#lostSince !== null && !this.#isGivenUp())
      this.#looks.within(this.#lostSince + ELECTORATE_PATIENCE_MS - now)
  }

  #isGivenUp(): boolean {
    const now = this.#modules.clock.monotonic()
    return this.#lostSince !== null && now - this.#lostSince >= ELECTORATE_PATIENCE_MS
  }
}
