import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import type { SigningKey } from '../../consensus/ports/signing-key.ts'
import type { VoterChange } from '../../consensus/raft/raft-input.ts'
import type { RaftMessage } from '../../consensus/raft/raft-message.ts'
import type { VotersNews } from '../../consensus/raft/raft-ports.ts'
import { RAFT_TIMING } from '../../consensus/raft/raft-state.ts'
import { RaftVoter } from '../../consensus/raft/raft-voter.ts'
import type { ElectorateEpoch } from '../../consensus/raft/term.ts'
import type { ElectionPlace, KeyOf, VoteCertificate } from '../../consensus/raft/vote-certificate.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'
import { HostedRaftStore } from './hosted-raft-store.ts'

export interface HostedRaftOptions {
  readonly place: ElectionPlace
}

export interface HostedRaftModules {
  readonly keys: HostedKeys
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly reminders: Reminders
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly verifier: SignatureVerifier
  readonly keyOf: KeyOf
  /** Who leads, as far as the hub knows. */
  leaderId(): AgentId | null
  /** Carries what a hosted voter says to the one voter it is for. */
  send(message: RaftMessage): void
  /** A hosted voter won an election. */
  won(certificate: VoteCertificate): void
  /** The winner leads no more. */
  resigned(certificate: VoteCertificate): void
  /** Its voters committed a change of the committee. */
  votersChanged(news: VotersNews): void
}

/** Who is to vote by the hub's hand, and in which electorate. */
export interface HostedSeats {
  readonly epoch: ElectorateEpoch
  readonly committee: readonly AgentId[]
  readonly hosted: readonly AgentId[]
}

const MAILBOX_MAX = 1_000
/** Pause before a voter whose store failed is seated anew, in milliseconds. */
const SEAT_AGAIN_MS = 1_000

/** The voters of the leader election whose keys the hub holds: the very code that agents with keys run themselves. */
export class HostedRaft {
  readonly #options: HostedRaftOptions
  readonly #modules: HostedRaftModules
  readonly #voters = new Map<AgentId, RaftVoter>()
  readonly #leading = new Map<AgentId, VoteCertificate>()
  #seats: HostedSeats | undefined
  #isStopped = false

  constructor(options: HostedRaftOptions, modules: HostedRaftModules) {
    this.#options = options
    this.#modules = modules
  }

  has(agentId: AgentId): boolean {
    return this.#voters.has(agentId)
  }

  /** Starts who has a seat and does not vote yet, and stops who has none any more. */
  seat(seats: HostedSeats): void {
    if (this.#isStopped) return
    const { epoch, committee, hosted } = seats
    const isNewEpoch = epoch !== this.#seats?.epoch
    this.#seats = seats
    for (const [agentId, voter] of this.#voters) {
      if (!hosted.includes(agentId)) this.unseat(agentId)
      else if (isNewEpoch) voter.electorateLogged(epoch, committee)
    }
    for (const agentId of hosted) this.#seatOne(agentId)
  }

  unseat(agentId: AgentId): void {
    this.#voters.get(agentId)?.stop()
    this.#voters.delete(agentId)
    this.#leading.delete(agentId)
  }

  unseatAll(): void {
    this.#seats = undefined
    for (const agentId of this.#voters.keys()) this.unseat(agentId)
  }

  /** For good: a look at the committee that is under way may want to seat voters yet. */
  stop(): void {
    this.#isStopped = true
    this.unseatAll()
  }

  receive(message: RaftMessage): void {
    this.#voters.get(message.to)?.receive(message)
  }

  leaderGone(leaderId: AgentId | null): void {
    for (const voter of this.#voters.values()) voter.leaderGone(leaderId)
  }

  /** Of a leader that is seated here; refused where the last change is still under way. */
  changeVoters(leaderId: AgentId, change: VoterChange): void {
    void this.#voters.get(leaderId)?.changeVoters(change)
  }

  transfer(leaderId: AgentId, to: AgentId): void {
    void this.#voters.get(leaderId)?.transferTo(to)
  }

  #seatOne(agentId: AgentId): void {
    if (this.#voters.has(agentId) || !this.#seats?.hosted.includes(agentId)) return
    this.#start(agentId).catch((error: unknown) => this.#halted(agentId, this.#voters.get(agentId), error))
  }

  async #start(agentId: AgentId): Promise<void> {
    const voter = this.#create(agentId, await this.#modules.keys.keyOf(agentId))
    const seats = this.#seats
    if (seats === undefined || !seats.hosted.includes(agentId) || this.#voters.has(agentId)) return
    this.#voters.set(agentId, voter)
    await voter.start(seats.epoch, seats.committee)
    // What was logged while it started was not heard.
    if (this.#seats !== undefined) voter.electorateLogged(this.#seats.epoch, this.#seats.committee)
    // Where all start anew with the hub, the one that led is to be the first to try.
    const leaderId = this.#modules.leaderId()
    if (leaderId === null || leaderId === agentId) voter.leaderGone(null)
  }

  #create(agentId: AgentId, key: SigningKey): RaftVoter {
    const { place } = this.#options
    const { random, send, votersChanged } = this.#modules
    const seed = Math.floor(random.next() * 2 ** 32)
    const voter: RaftVoter = new RaftVoter(
      { self: agentId, place, timing: RAFT_TIMING, seed, mailboxMax: MAILBOX_MAX },
      {
        ...this.#modules,
        key,
        store: new HostedRaftStore(agentId, this.#modules),
        transport: { send },
        listener: {
          leaderChanged: ({ certificate }) => this.#leaderChanged(agentId, certificate),
          votersChanged: (news) => votersChanged(news),
          voteRejected: () => undefined,
          halted: (error) => this.#halted(agentId, voter, error),
        },
      },
    )
    return voter
  }

  #leaderChanged(agentId: AgentId, certificate: VoteCertificate | null): void {
    const { won, resigned } = this.#modules
    const earlier = this.#leading.get(agentId)
    this.#leading.delete(agentId)
    if (earlier !== undefined) resigned(earlier)
    if (certificate === null) return
    this.#leading.set(agentId, certificate)
    won(certificate)
  }

  /** The store refused. What it holds decides where the next voter goes on. */
  #halted(agentId: AgentId, voter: RaftVoter | undefined, error: unknown): void {
    const { reminders, logger } = this.#modules
    logger.warn({ error, agentId }, 'hosted voter halted')
    if (this.#voters.get(agentId) === voter) this.unseat(agentId)
    reminders.set(SEAT_AGAIN_MS, () => this.#seatOne(agentId))
  }
}
