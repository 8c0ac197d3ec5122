import type { CommitteeMember, ConsensusNotice } from '#domain/consensus/consensus-message.ts'
import { idsOf } from '#domain/consensus/electorate.ts'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import type { VoterChange } from '#domain/consensus/raft/raft-input.ts'
import type { LeaderNews, RaftListener, VotersNews } from '#domain/consensus/raft/raft-ports.ts'
import { RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { RaftVoter } from '#domain/consensus/raft/raft-voter.ts'
import type { ElectorateEpoch, Leadership } from '#domain/consensus/raft/term.ts'
import type { VoteCertificate } from '#domain/consensus/raft/vote-certificate.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { VoterHome } from './voter-home.ts'
import type { VoterTransport } from './voter-transport.ts'

type Electorate = Extract<ConsensusNotice, { kind: 'electorate' }>
export type ElectionNotice = Extract<
  ConsensusNotice,
  { kind: 'electorate' | 'election' | 'leader_gone' | 'change_voters' | 'transfer' }
>

export interface AgentElectionOptions {
  readonly self: AgentId
}

export interface AgentElectionModules {
  readonly home: VoterHome
  readonly transport: VoterTransport
  readonly clock: Clock
  readonly verifier: SignatureVerifier
  readonly listener: {
    failed(error: Error): void
    /** What the agent voted last may not be on record: it must not vote on anything any more. */
    halted(error: Error): void
  }
}

const MAILBOX_MAX = 1_000

/** An agent's part in electing the leader: a voter while it is in the committee, or is being taken into it. */
export class AgentElection {
  readonly #options: AgentElectionOptions
  readonly #modules: AgentElectionModules
  /** The newest that was agreed on, as far as this voter knows. */
  #committee: VotersNews | undefined
  #electorate: Electorate | undefined
  #keys: ReadonlyMap<AgentId, PublicKey> = new Map()
  #voter: RaftVoter | undefined
  /** An epoch older than one the agent has voted in. */
  #outdatedEpoch: ElectorateEpoch | undefined
  /** While this agent leads. */
  #leading: VoteCertificate | undefined

  constructor(options: AgentElectionOptions, modules: AgentElectionModules) {
    this.#options = options
    this.#modules = modules
  }

  hear(notice: ElectionNotice): void {
    switch (notice.kind) {
      case 'electorate':
        this.#elect(notice)
        return
      case 'election':
        // A leader speaks to an agent that it takes into the committee before that is agreed.
        if (this.#voter === undefined) this.#join()
        this.#voter?.receive(notice.message)
        return
      case 'leader_gone':
        this.#voter?.leaderGone(notice.leaderId)
        return
      case 'change_voters':
        void this.#changeVoters(notice.change)
        return
      case 'transfer':
        void this.#voter?.transferTo(notice.to)
        return
      default:
        notice satisfies never
    }
  }

  /** What was said before may be lost, and the hub may believe that nobody leads. */
  reconnected(): void {
    if (this.#leading !== undefined)
      this.#modules.transport.say({ kind: 'leadership', certificate: this.#leading })
  }

  stop(): void {
    this.#voter?.stop()
    this.#voter = undefined
    this.#leading = undefined
  }

  #elect(electorate: Electorate): void {
    const { voters, candidates, epoch } = electorate
    this.#electorate = electorate
    this.#keys = new Map([...candidates, ...voters].map(({ agentId, publicKey }) => [agentId, publicKey]))
    if (!this.#isAmong([...voters, ...candidates])) this.stop()
    else if (this.#voter !== undefined) this.#voter.electorateLogged(epoch, idsOf(voters))
    else if (this.#isAmong(voters)) this.#join()
  }

  #join(): void {
    const electorate = this.#electorate
    if (electorate === undefined || electorate.epoch === this.#outdatedEpoch) return
    if (!this.#isAmong([...electorate.voters, ...electorate.candidates])) return
    const { home, clock, verifier, transport, listener } = this.#modules
    const { self } = this.#options
    const voter: RaftVoter = new RaftVoter(
      { self, place: home.place, timing: RAFT_TIMING, seed: randomSeed(), mailboxMax: MAILBOX_MAX },
      {
        clock,
        verifier,
        key: home.key,
        store: home.raftStore,
        keyOf: (agentId) => this.#keys.get(agentId),
        transport: { send: (message) => transport.say({ kind: 'election', message }) },
        listener: this.#listener(),
      },
    )
    this.#voter = voter
    this.#start(voter, electorate).catch((error: Error) => listener.halted(error))
  }

  async #start(voter: RaftVoter, { epoch, voters }: Electorate): Promise<void> {
    const { home, listener } = this.#modules
    const known = await home.raftStore.load()
    if (known !== undefined && known.epoch > epoch) {
      // The hub lost its records. In terms that are counted anew the agent could vote twice.
      if (this.#voter === voter) this.#voter = undefined
      this.#outdatedEpoch = epoch
      listener.failed(
        new Error(`the swarm elects in epoch ${epoch}, but this agent has voted in epoch ${known.epoch}`),
      )
      return
    }
    await voter.start(epoch, idsOf(voters))
    const newest = this.#electorate
    if (newest !== undefined) voter.electorateLogged(newest.epoch, idsOf(newest.voters))
  }

  #listener(): RaftListener {
    const { transport, listener } = this.#modules
    return {
      leaderChanged: (news) => this.#leaderChanged(news),
      votersChanged: (news) => {
        this.#committee = news
        transport.say({ kind: 'committee', ...news })
      },
      // Thrown away; the voter goes on.
      voteRejected: () => undefined,
      halted: (error) => listener.halted(error as Error),
    }
  }

  /** The hub sees whether anything comes of it, and asks again; what has come of it already it may have missed. */
  async #changeVoters(change: VoterChange): Promise<void> {
    const refusal = await this.#voter?.changeVoters(change)
    const isDone = refusal === 'voter_already' || refusal === 'no_voter'
    if (isDone && this.#committee !== undefined)
      this.#modules.transport.say({ kind: 'committee', ...this.#committee })
  }

  #leaderChanged({ leaderId, certificate }: LeaderNews): void {
    const { transport } = this.#modules
    const before: Leadership | undefined = this.#leading
    if (leaderId === this.#options.self && certificate !== null) {
      this.#leading = certificate
      transport.say({ kind: 'leadership', certificate })
    } else if (before !== undefined) {
      this.#leading = undefined
      transport.say({ kind: 'resigned', epoch: before.epoch, term: before.term })
    }
  }

  /** With the key it has now: a seat under another one is not the agent's to take. */
  #isAmong(members: readonly CommitteeMember[]): boolean {
    const { self } = this.#options
    const { publicKey } = this.#modules.home.key
    return members.some((member) => member.agentId === self && member.publicKey === publicKey)
  }
}

/** Spreads the timers of the voters. */
function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}
