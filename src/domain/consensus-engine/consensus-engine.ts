import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { RegisterRequest } from '../agents/agent-service.ts'
import { BroadcastChannel, type BroadcastChannelModules } from '../communication/broadcast-channel.ts'
import type { DirectChannel } from '../communication/direct-channel.ts'
import type { ConsensusMessage } from '../consensus/consensus-message.ts'
import type { ConsensusCrypto } from '../consensus/ports/consensus-crypto.ts'
import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import type { Projection } from '../kernel/projection.ts'
import type { Reminders } from '../kernel/reminders.ts'
import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import type { SwarmEvent } from '../model/events.ts'
import type { AgentId, ProposalId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { TopologyKeeper } from '../topology/topology-keeper.ts'
import type { LeaderState } from './elections/election-record.ts'
import { ElectionService } from './elections/election-service.ts'
import type { ProposalRecord } from './proposals/proposal-record.ts'
import { ProposalRepository } from './proposals/proposal-repository.ts'
import type { CastBallotRequest, ProposeRequest } from './proposals/proposal-requests.ts'
import { ProposalService, type ProposalServiceOptions } from './proposals/proposal-service.ts'
import { ConsensusMeter } from './voters/consensus-meter.ts'
import { HostedKeys } from './voters/hosted-keys.ts'
import { KeyClaims } from './voters/key-claims.ts'
import { costOf, TokenBucket } from './voters/token-bucket.ts'
import { VoterTransport } from './voters/voter-transport.ts'

export interface ConsensusEngineModules extends BroadcastChannelModules {
  readonly store: SwarmStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly consensusCrypto: ConsensusCrypto
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
  readonly topology: TopologyKeeper
  readonly reminders: Reminders
}

/**
 * The hub's part in what the agents decide together: it carries the voters' words, keeps them for those who come back,
 * and watches. It counts no votes of its own: a leader is who shows the signed votes of a majority, a decision is what
 * comes with a certificate.
 */
export class ConsensusEngine implements Projection {
  readonly name = 'consensus'
  readonly #modules: ConsensusEngineModules
  readonly #proposals: ProposalService
  readonly #elections: ElectionService
  readonly #claims: KeyClaims
  readonly #keys: HostedKeys
  readonly #meter = new ConsensusMeter()
  /** One for each matter: whoever says too much of proposals can still lead, and the other way round. */
  readonly #budgets: { readonly proposals: TokenBucket; readonly elections: TokenBucket }
  #endWatch: () => void = () => undefined

  constructor(
    coordinatorship: Pick<Coordinatorship, 'scope' | 'epoch'>,
    options: ProposalServiceOptions,
    modules: ConsensusEngineModules,
  ) {
    this.#modules = modules
    const { registry, consensusCrypto } = modules
    this.#budgets = { proposals: new TokenBucket(modules), elections: new TokenBucket(modules) }
    this.#claims = new KeyClaims({ ...modules, ...consensusCrypto })
    this.#keys = new HostedKeys({ ...modules, keys: consensusCrypto.keys })
    const parts = {
      ...modules,
      ...consensusCrypto,
      meter: this.#meter,
      keys: this.#keys,
      transport: new VoterTransport({ registry, broadcast: new BroadcastChannel(coordinatorship, modules) }),
    }
    this.#elections = new ElectionService(parts)
    this.#proposals = new ProposalService(options, {
      ...parts,
      repository: new ProposalRepository(modules),
      leaderId: () => this.#elections.leader().leadership.leaderId,
    })
  }

  async recover(): Promise<void> {
    const { registry } = this.#modules
    await this.#proposals.recover()
    this.#endWatch = registry.onChange((agentId) => this.#agentChanged(agentId))
    await this.#elections.recover()
  }

  stop(): void {
    this.#endWatch()
    this.#proposals.stop()
    this.#elections.stop()
  }

  /** Reads the log, after the topology has. */
  read(events: readonly SwarmEvent[]): void {
    if (events.some(({ type }) => type === 'swarm.updated')) this.#elections.lookAround()
  }

  /** Registers an agent. @throws SwarmError `key_refused` where it cannot vote with the key it claims. */
  registering<T>(request: RegisterRequest, register: () => Promise<T>): Promise<T> {
    return this.#claims.during(request, register)
  }

  /** The agent's channel is open: it is told all that concerns it. */
  attached(agentId: AgentId): void {
    this.#proposals.attached(agentId)
    this.#elections.attached(agentId)
  }

  /** The agent's channel is closed. */
  detached(agentId: AgentId): void {
    this.#elections.detached(agentId)
  }

  /** What an agent says over its channel. @throws SwarmError `not_a_voter`, `ballot_refused`, `limit_exceeded` */
  async hear(agentId: AgentId, message: ConsensusMessage): Promise<void> {
    const isOfProposal = 'proposalId' in message
    const budget = isOfProposal ? this.#budgets.proposals : this.#budgets.elections
    const cost = costOf(message)
    budget.spend(agentId, cost)
    const fate = isOfProposal
      ? await this.#proposals.hear(agentId, message)
      : await this.#elections.hear(agentId, message)
    if (fate === undefined) return
    this.#meter.count(fate)
    budget.settle(agentId, cost, fate)
  }

  propose(request: ProposeRequest): Promise<ProposalRecord> {
    return this.#proposals.propose(request)
  }

  castBallot(request: CastBallotRequest): Promise<ProposalRecord> {
    return this.#proposals.castBallot(request)
  }

  cancel(proposalId: ProposalId, reason: string): Promise<ProposalRecord> {
    return this.#proposals.cancel(proposalId, reason)
  }

  leader(): LeaderState {
    return this.#elections.leader()
  }

  async startElection(transferTo?: AgentId): Promise<LeaderState> {
    await this.#elections.startElection(transferTo)
    return this.leader()
  }

  /** What became of voters' words, by fate. */
  counts(): Readonly<Record<string, number>> {
    return this.#meter.report()
  }

  #agentChanged(agentId: AgentId): void {
    this.#elections.agentChanged(agentId)
    if (this.#modules.registry.find(agentId) !== undefined) return
    this.#budgets.proposals.forget(agentId)
    this.#budgets.elections.forget(agentId)
    this.#keys.forget(agentId)
  }
}
