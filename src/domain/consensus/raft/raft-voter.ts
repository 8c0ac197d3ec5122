import { assert, assertNever } from '../../model/errors.ts'
import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import type { SigningKey } from '../ports/signing-key.ts'
import { isWellFormed } from './message-shape.ts'
import type { RaftEffect, RaftInput, RaftRefusal, VoterChange } from './raft-input.ts'
import type { RaftMessage, VoteGrant } from './raft-message.ts'
import type { RaftListener, RaftStore, RaftTransport } from './raft-ports.ts'
import { genesisOf, nextDueAt, type RaftState, type RaftTiming, resumeRaft } from './raft-state.ts'
import { stepRaft } from './step.ts'
import type { ElectorateEpoch } from './term.ts'
import { type ElectionPlace, isVoteSound, type KeyOf, voteBytes } from './vote-certificate.ts'

export interface RaftVoterOptions {
  readonly self: AgentId
  readonly place: ElectionPlace
  readonly timing: RaftTiming
  /** Spreads the timers of the voters; any number that differs between them. */
  readonly seed: number
  /** Inputs that wait while one is persisted; what comes on top is dropped, as a network might. */
  readonly mailboxMax: number
}

export interface RaftVoterModules {
  readonly clock: Clock
  readonly store: RaftStore
  readonly transport: RaftTransport
  readonly key: SigningKey
  readonly keyOf: KeyOf
  readonly verifier: SignatureVerifier
  readonly listener: RaftListener
}

type Mail = WithoutTime<RaftInput> & { answer?: (refusal: RaftRefusal | undefined) => void }
type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never

/** Runs one voter of the leader election: takes one input after another and does what `stepRaft` orders. */
export class RaftVoter {
  readonly #options: RaftVoterOptions
  readonly #modules: RaftVoterModules
  readonly #mailbox: Mail[] = []
  #state: RaftState | undefined
  #earlyHint: { readonly leaderId: AgentId | null } | undefined
  #isBusy = false
  #isStopped = false
  #timerAt: MonotonicMs | undefined
  #cancelTimer: () => void = () => undefined

  constructor(options: RaftVoterOptions, modules: RaftVoterModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Undefined before the start. */
  get state(): RaftState | undefined {
    return this.#state
  }

  /** @param voters the electorate as the hub logged it for this epoch. */
  async start(epoch: ElectorateEpoch, voters: readonly AgentId[]): Promise<void> {
    assert(this.#state === undefined, 'a voter is started once')
    const { store, clock } = this.#modules
    const saved = await store.load()
    const durable = saved ?? genesisOf(epoch, voters)
    if (saved === undefined) await store.save(durable)
    if (this.#isStopped) return
    const { self, timing, seed } = this.#options
    this.#state = resumeRaft({ self, durable, timing, seed, at: clock.monotonic() })
    this.#put({ type: 'electorate_logged', epoch, voters })
    if (this.#earlyHint !== undefined) this.leaderGone(this.#earlyHint.leaderId)
  }

  /** Never starts anything again; what is being persisted is left to end. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
    for (const { answer } of this.#mailbox.splice(0)) answer?.('not_leader')
  }

  /** A message for this voter. The caller vouches for its sender; votes are checked here. */
  receive(message: RaftMessage): void {
    if (!isWellFormed(message)) return
    if (message.type === 'vote_grant' && !this.#isSound(message)) {
      this.#modules.listener.voteRejected(message.from)
      return
    }
    this.#put({ type: 'message_received', message })
  }

  /**
   * The hub saw this leader's socket close, or a swarm start (null). Remembered where the voter is still starting: a new
   * electorate's hint comes right behind it.
   */
  leaderGone(leaderId: AgentId | null): void {
    if (this.#state === undefined) this.#earlyHint = { leaderId }
    else this.#put({ type: 'leader_gone', leaderId })
  }

  electorateLogged(epoch: ElectorateEpoch, voters: readonly AgentId[]): void {
    this.#put({ type: 'electorate_logged', epoch, voters })
  }

  /** @returns why it was refused; undefined where it is under way, which is not yet agreed. */
  changeVoters(change: VoterChange): Promise<RaftRefusal | undefined> {
    return new Promise((resolve) => this.#put({ type: 'voter_change_asked', change, answer: resolve }))
  }

  /** @returns why it was refused; undefined where the successor is being brought up to date. */
  transferTo(successor: AgentId): Promise<RaftRefusal | undefined> {
    return new Promise((resolve) => this.#put({ type: 'transfer_asked', to: successor, answer: resolve }))
  }

  #put(mail: Mail): void {
    if (this.#isStopped || this.#state === undefined || this.#mailbox.length >= this.#options.mailboxMax) {
      mail.answer?.('not_leader')
      return
    }
    this.#mailbox.push(mail)
    if (!this.#isBusy) void this.#empty()
  }

  /** One input at a time, each to the end of its effects: the next must not see a state that is not durable yet. */
  async #empty(): Promise<void> {
    this.#isBusy = true
    try {
      for (let mail = this.#mailbox.shift(); mail !== undefined; mail = this.#mailbox.shift()) {
        await this.#take(mail)
      }
      this.#arm()
    } catch (error) {
      this.stop()
      this.#modules.listener.halted(error)
    } finally {
      this.#isBusy = false
    }
  }

  async #take({ answer, ...input }: Mail): Promise<void> {
    assert(this.#state !== undefined, 'mail is taken after the start')
    const at = this.#modules.clock.monotonic()
    const [state, effects] = stepRaft(this.#state, { ...input, at })
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'persist') await this.#modules.store.save(effect.durable)
      // A voter that was stopped meanwhile is as one that crashed: what it had yet to say stays unsaid.
      if (this.#isStopped) break
      this.#perform(effect)
    }
    const refusal = effects.find((effect) => effect.type === 'refuse')
    answer?.(refusal?.reason)
  }

  #perform(effect: RaftEffect): void {
    const { transport, listener } = this.#modules
    switch (effect.type) {
      case 'persist':
      case 'refuse':
        return
      case 'send':
        transport.send(effect.message)
        return
      case 'grant_vote':
        this.#vote(effect)
        return
      case 'announce_leader': {
        const { type: _type, ...news } = effect
        listener.leaderChanged(news)
        return
      }
      case 'announce_voters': {
        const { type: _type, ...news } = effect
        listener.votersChanged(news)
        return
      }
      default:
        assertNever(effect)
    }
  }

  #vote({ epoch, term, candidate }: Extract<RaftEffect, { type: 'grant_vote' }>): void {
    const { self: voter, place } = this.#options
    const signature = this.#modules.key.sign(voteBytes(place, { epoch, term, voter, candidate }))
    const grant = { type: 'vote_grant' as const, epoch, term, from: voter, to: candidate, signature }
    if (candidate !== voter) this.#modules.transport.send(grant)
    // First in line: a candidate's own vote does not wait behind what others say, nor for room in the mailbox.
    else this.#mailbox.unshift({ type: 'message_received', message: grant })
  }

  #isSound({ epoch, term, from, to, signature }: VoteGrant): boolean {
    const { keyOf, verifier } = this.#modules
    const vote = { epoch, term, voter: from, candidate: to, signature }
    return isVoteSound(this.#options.place, vote, keyOf, verifier)
  }

  /** Leaves an earlier alarm standing: it fires for nothing and sets the next, which is cheaper than to move it. */
  #arm(): void {
    if (this.#isStopped || this.#state === undefined) return
    const { clock } = this.#modules
    const dueAt = nextDueAt(this.#state)
    if (dueAt === undefined || (this.#timerAt !== undefined && this.#timerAt <= dueAt)) return
    this.#cancelTimer()
    this.#timerAt = dueAt
    this.#cancelTimer = clock.setTimer(Math.max(0, dueAt - clock.monotonic()), () => {
      this.#timerAt = undefined
      this.#put({ type: 'time_passed' })
    })
  }
}
