import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { DirectChannel } from '../../communication/direct-channel.ts'
import type { ElectionMessage } from '../../consensus/consensus-message.ts'
import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import { isWellFormed } from '../../consensus/raft/message-shape.ts'
import type { RaftMessage } from '../../consensus/raft/raft-message.ts'
import { term } from '../../consensus/raft/term.ts'
import type { ElectionPlace } from '../../consensus/raft/vote-certificate.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { assertNever, SwarmError } from '../../model/errors.ts'
import { type AgentId, type SwarmId, splitScope } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { TopologyKeeper } from '../../topology/topology-keeper.ts'
import type { ConsensusMeter, StatementFate } from '../voters/consensus-meter.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import { CommitteeReconciler } from './committee-reconciler.ts'
import type { LeaderState } from './election-record.ts'
import { ElectionRepository } from './election-repository.ts'
import { HostedRaft } from './hosted-raft.ts'
import { LeaderProbe } from './leader-probe.ts'
import { LeadershipWatch } from './leadership-watch.ts'
import { VoteWatch } from './vote-watch.ts'
import { VoterRegistry } from './voter-registry.ts'

export interface ElectionServiceModules {
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
  readonly topology: TopologyKeeper
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly keys: HostedKeys
  readonly transport: VoterTransport
  readonly meter: ConsensusMeter
  readonly reminders: Reminders
  readonly clock: Clock
  readonly random: Random
  readonly verifier: SignatureVerifier
  readonly logger: Logger
}

/**
 * The hub's part in the election of a leader: it says who elects, carries the voters' words, votes for agents without
 * keys, and believes a leader that shows the signed votes of a majority.
 */
export class ElectionService {
  readonly #modules: ElectionServiceModules
  readonly #place: ElectionPlace
  readonly #repository: ElectionRepository
  readonly #voterRegistry: VoterRegistry
  readonly #votes: VoteWatch
  readonly #hosted: HostedRaft
  readonly #leadership: LeadershipWatch
  readonly #committee: CommitteeReconciler
  readonly #probe: LeaderProbe

  constructor(modules: ElectionServiceModules) {
    this.#modules = modules
    const { tenant, swarm } = splitScope(modules.journal.scope)
    const place = { tenantId: tenant, swarmId: swarm as SwarmId }
    const voterRegistry = new VoterRegistry({
      ...modules,
      isFrozen: (agentId) => this.#probe.isFrozen(agentId),
    })
    const repository = new ElectionRepository(modules)
    const parts = {
      ...modules,
      voterRegistry,
      repository,
      keyOf: (voter: AgentId) => voterRegistry.keyOf(voter),
    }
    const votes = new VoteWatch({ place }, parts)
    const hosted = new HostedRaft(
      { place },
      {
        ...parts,
        leaderId: () => repository.record.leadership.leaderId,
        send: (message) => this.#deliver(message),
        won: (certificate) => this.#count(this.#leadership.claim(certificate)),
        resigned: (certificate) => void this.#leadership.resigned(certificate.leaderId, certificate),
        votersChanged: (news) => void this.#committee.committed(news),
      },
    )
    const onChange = (): void => {
      this.#probe.look()
      void this.#committee.look()
    }
    const leadership = new LeadershipWatch({ place }, { ...parts, votes, hosted, onChange })
    const isTree = (): boolean => modules.topology.topology.shape.settings.kind === 'hierarchical'
    this.#committee = new CommitteeReconciler({ ...parts, votes, hosted, leadership, isTree })
    this.#probe = new LeaderProbe({
      ...modules,
      hostedLeader: () => this.#hostedLeader(),
      froze: (agentId) => this.detached(agentId),
      thawed: () => this.#committee.lookSoon(),
    })
    this.#place = place
    this.#voterRegistry = voterRegistry
    this.#repository = repository
    this.#votes = votes
    this.#hosted = hosted
    this.#leadership = leadership
  }

  async recover(): Promise<void> {
    const { registry, topology } = this.#modules
    await this.#repository.load()
    // The leader may have been written, and the topology's change after it not.
    topology.follow(this.#repository.record.leadership.leaderId)
    for (const agentId of registry.ids()) this.#voterRegistry.noteChange(agentId)
    this.#committee.recover()
    this.#probe.look()
  }

  stop(): void {
    this.#hosted.stop()
  }

  /** The agent came, went, or votes with another key. */
  agentChanged(agentId: AgentId): void {
    this.#voterRegistry.noteChange(agentId)
    const { leaderId } = this.#repository.record.leadership
    if (leaderId === agentId && !this.#voterRegistry.isInStanding(agentId)) this.#leadership.gone(agentId)
    this.#committee.lookSoon()
  }

  /** The swarm may need a leader now, or need none any more. */
  lookAround(): void {
    this.#committee.lookSoon()
  }

  attached(agentId: AgentId): void {
    this.#probe.forget(agentId)
    this.#probe.look()
    if (this.#repository.record.epoch === 0 || this.#voterRegistry.isHosted(agentId)) return
    this.#committee.tell([agentId])
    if (this.#leadership.present === undefined)
      this.#modules.transport.tell([agentId], { kind: 'leader_gone', leaderId: null })
  }

  /** The agent was cut off, or its process does not answer. */
  detached(agentId: AgentId): void {
    if (this.#repository.record.epoch === 0) return
    this.#leadership.gone(agentId)
    void this.#committee.look()
  }

  /** @returns what became of it. @throws SwarmError `not_a_voter` */
  async hear(agentId: AgentId, message: ElectionMessage): Promise<StatementFate | undefined> {
    if (!this.#voterRegistry.hasVoice(agentId)) this.#refuse(agentId)
    switch (message.kind) {
      case 'election':
        return this.#relay(agentId, message.message)
      case 'leadership':
        if (message.certificate.leaderId !== agentId) this.#refuse(agentId)
        return this.#leadership.claim(message.certificate)
      case 'resigned':
        await this.#leadership.resigned(agentId, { epoch: message.epoch, term: term(message.term) })
        return undefined
      case 'committee':
        await this.#committee.committed(message)
        return undefined
      default:
        return assertNever(message)
    }
  }

  /** @throws SwarmError `not_a_voter`, `no_leader`, `store_unavailable` */
  async startElection(transferTo?: AgentId): Promise<void> {
    const { voters } = this.#repository.record
    if (transferTo !== undefined) {
      if (voters.every((voter) => voter.agentId !== transferTo))
        throw new SwarmError('not_a_voter', { agentId: transferTo })
      const leaderId = this.#leadership.present
      if (leaderId === undefined) throw new SwarmError('no_leader', { swarmId: this.#place.swarmId })
      if (leaderId !== transferTo) this.#transfer(leaderId, transferTo)
      return
    }
    await this.#repository.askFor()
    const leaderId = this.#leadership.present
    const successor = voters.find(
      (voter) => voter.agentId !== leaderId && this.#voterRegistry.isHere(voter.agentId),
    )
    if (leaderId === undefined) await this.#committee.look()
    else if (successor !== undefined) this.#transfer(leaderId, successor.agentId)
  }

  leader(): LeaderState {
    return { ...this.#repository.record, electionsHeld: this.#repository.electionsHeld }
  }

  #hostedLeader(): AgentId | undefined {
    const { leaderId } = this.#repository.record.leadership
    return leaderId !== null && this.#hosted.has(leaderId) ? leaderId : undefined
  }

  #relay(agentId: AgentId, message: RaftMessage): StatementFate {
    const { from, to, epoch, term } = message
    if (from !== agentId) this.#refuse(agentId)
    if (epoch !== this.#repository.record.epoch) {
      // It missed the news.
      this.#committee.tell([agentId])
      return 'not_open'
    }
    if (!isWellFormed(message)) return 'malformed'
    // A leader whose log is ahead of the hub may mean somebody that the hub, restarted, has not told to vote yet.
    if (this.#voterRegistry.keyOf(to) === undefined) return 'foreign'
    if (message.type === 'vote_grant') {
      const vote = { epoch, term, voter: from, candidate: to, signature: message.signature }
      const refusal = this.#votes.admit(vote)
      if (refusal !== undefined) return refusal
    }
    this.#deliver(message)
    return 'accepted'
  }

  #deliver(message: RaftMessage): void {
    if (this.#hosted.has(message.to)) this.#hosted.receive(message)
    else this.#modules.transport.tell([message.to], { kind: 'election', message })
  }

  #transfer(leaderId: AgentId, to: AgentId): void {
    if (this.#hosted.has(leaderId)) this.#hosted.transfer(leaderId, to)
    else this.#modules.transport.tell([leaderId], { kind: 'transfer', to })
  }

  #count(fate: StatementFate): void {
    this.#modules.meter.count(fate)
  }

  /** @throws SwarmError `not_a_voter`, always */
  #refuse(agentId: AgentId): never {
    this.#count('foreign')
    throw new SwarmError('not_a_voter', { agentId })
  }
}
