import type { ConsensusNotice as ReceivedNotice } from '#contract/index.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { ConsensusNotice } from '#domain/consensus/consensus-message.ts'
import { agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import type { SwarmClient } from '../../client/swarm-client.ts'
import type { AgentChannel } from '../agent-channel.ts'
import { AgentDecisions } from './agent-decisions.ts'
import { AgentElection } from './agent-election.ts'
import type { AgentDecision, ProposalHandler } from './open-proposal.ts'
import type { Speech } from './speech.ts'
import { VoterHome, type VoterKeyClaim } from './voter-home.ts'
import { VoterTransport } from './voter-transport.ts'

export interface AgentVotingOptions {
  readonly swarmId: string
  /** Where the agent's own key is kept; undefined where it leaves its key to the hub. */
  readonly stateDir: string | undefined
  readonly onProposal: ProposalHandler | undefined
  /** Must not throw: whoever is told must not be able to stop the voter that tells it. */
  onDecision(decision: AgentDecision): void
  onError(error: Error): void
  /** The key of an earlier run is not used any more. */
  onKeyReplaced(reason: string): void
  /** The agent votes no more, until it is started anew. */
  onHalted(error: Error): void
}

export interface AgentVotingModules {
  readonly client: SwarmClient
  readonly speech?: Speech | undefined
}

/** An agent's part in what its swarm decides together and in electing its leader. */
export class AgentVoting {
  readonly #options: AgentVotingOptions
  readonly #client: SwarmClient
  readonly #speech: Speech | undefined
  readonly #transport = new VoterTransport()
  readonly #modules = { clock: new SystemClock(), hasher: sha256Hasher, verifier: new Ed25519Verifier() }
  #home: VoterHome | undefined
  #decisions: AgentDecisions | undefined
  #election: AgentElection | undefined
  #isStopped = false

  constructor(options: AgentVotingOptions, { client, speech }: AgentVotingModules) {
    this.#options = options
    this.#client = client
    this.#speech = speech
  }

  /**
   * The key to register the agent with; undefined where the hub is to hold one for it.
   *
   * @throws SwarmApiError as asking for the swarm does; Error where another process runs the same agent
   */
  async claimKey(self: string): Promise<VoterKeyClaim | undefined> {
    const { stateDir } = this.#options
    if (stateDir === undefined) return undefined
    this.#home ??= await this.#openHome(stateDir, self)
    return this.#home.claim
  }

  connected(channel: AgentChannel, self: string): void {
    this.#transport.connected(channel)
    this.#begin(self)
    this.#decisions?.reconnected()
    this.#election?.reconnected()
  }

  disconnected(): void {
    this.#transport.disconnected()
  }

  receive(received: ReceivedNotice, self: string): void {
    this.#begin(self)
    // The contract's patterns are the domain's, so that its texts are what their names say.
    const notice = received as unknown as ConsensusNotice
    switch (notice.kind) {
      case 'opened':
        this.#decisions?.opened(notice)
        return
      case 'statement':
      case 'certificate':
      case 'cancelled':
      case 'closed':
        this.#decisions?.hear(notice)
        return
      case 'electorate':
      case 'election':
      case 'leader_gone':
      case 'change_voters':
      case 'transfer':
        this.#election?.hear(notice)
        return
      default:
        // Of a newer server; what it means we cannot know.
        notice satisfies never
    }
  }

  /** The agent is over. Resolves when another run may have its state directory. */
  async stop(): Promise<void> {
    this.#end()
    await this.#home?.close().catch((error: Error) => this.#options.onError(error))
    this.#home = undefined
  }

  async #openHome(stateDir: string, self: string): Promise<VoterHome> {
    const swarm = await this.#client.getSwarm()
    const place = { tenantId: tenantId(swarm.tenantId), swarmId: swarmId(this.#options.swarmId) }
    const home = await VoterHome.open({ stateDir, place, agentId: agentId(self) })
    if (home.replaced !== undefined) this.#options.onKeyReplaced(home.replaced)
    return home
  }

  /** What the hub says right behind its welcome may come before the agent has seen that. */
  #begin(self: string): void {
    if (this.#isStopped || this.#decisions !== undefined) return
    const { swarmId: swarm, onProposal: handler, onError } = this.#options
    const home = this.#home
    const id = agentId(self)
    const listener = {
      decided: (certificate: DecisionCertificate) => this.#decided(certificate),
      failed: onError,
      halted: (error: Error) => this.#halt(error),
    }
    const modules = { ...this.#modules, transport: this.#transport, listener }
    this.#decisions = new AgentDecisions(
      { self: id, swarmId: swarm, handler },
      { ...modules, home, speech: this.#speech },
    )
    if (home !== undefined) this.#election = new AgentElection({ self: id }, { ...modules, home })
  }

  #decided(decided: DecisionCertificate): void {
    const { proposalId, outcome } = decided
    const certificate = decided as unknown as AgentDecision['certificate']
    this.#options.onDecision({ proposalId, outcome, certificate })
  }

  #halt(error: Error): void {
    if (this.#isStopped) return
    this.#end()
    this.#options.onHalted(error)
  }

  #end(): void {
    this.#isStopped = true
    this.#decisions?.stop()
    this.#election?.stop()
    this.#decisions = undefined
    this.#election = undefined
  }
}
