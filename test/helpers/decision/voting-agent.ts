import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import { Admission } from '#domain/consensus/bft/admission.ts'
import { DecisionVoter } from '#domain/consensus/bft/decision-voter.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { ConsensusMessage, ConsensusNotice } from '#domain/consensus/consensus-message.ts'
import { createElectorate } from '#domain/consensus/electorate.ts'
import { createInstance, type DecisionInstance } from '#domain/consensus/instance.ts'
import { possessionBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { VoteSigner } from '#domain/consensus/vote-signer.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { ProposalId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import type { Speech } from '#sdk/agent/voting/speech.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'
import { agentSpec, type Cluster, TENANT, TestAgent, type TestNode } from '../../unit/domain/cluster.ts'
import { MemorySigningJournal } from './memory-signing-journal.ts'

export interface VotingAgentOptions {
  readonly name: string
  /** What it thinks; null for no ballot. */
  choose(proposalId: ProposalId): string | null
  /** What it says in place of what its voter does. */
  readonly speech?: Speech
  /** Its record, where that is to fail or to be slow. */
  readonly journal?: (agent: VotingAgent, publicKey: PublicKey) => MemorySigningJournal
}

export interface VotingAgentModules {
  readonly node: TestNode
  readonly clock: Clock
}

/** An agent that holds its own key and votes in its own "process"; whoever tests it says what it thinks. */
export class VotingAgent extends TestAgent {
  readonly key
  readonly journal: MemorySigningJournal
  readonly certificates = new Map<ProposalId, DecisionCertificate>()
  readonly instances = new Map<ProposalId, DecisionInstance>()
  readonly #options: VotingAgentOptions
  readonly #clock: Clock
  readonly #voters = new Map<ProposalId, DecisionVoter>()
  #at: TestNode
  #heard = 0
  #heardOn: string | undefined

  constructor(options: VotingAgentOptions, { node, clock }: VotingAgentModules) {
    super(options.name, node)
    this.#options = options
    this.#at = node
    this.#clock = clock
    this.key = toyKey(options.name)
    const { publicKey } = this.key
    this.journal = options.journal?.(this, publicKey) ?? new MemorySigningJournal(publicKey)
  }

  async join(): Promise<void> {
    const { publicKey } = this.key
    const owner = { tenantId: TENANT, swarmId: DEFAULT_SWARM_ID, agentId: this.id, publicKey }
    await this.service.agents.register({
      agentId: this.id,
      spec: agentSpec(this.id),
      isNew: false,
      voterKey: { publicKey, proof: this.key.sign(possessionBytes(owner)) },
    })
    await this.attach()
  }

  /** Connects again, to this node or another. */
  async comeTo(node: TestNode): Promise<void> {
    this.#at = node
    await this.attach([], node)
    for (const proposalId of this.#unfinished()) this.#tell({ kind: 'ask', proposalId })
  }

  /** Its process dies; what is on record stays. */
  crash(): void {
    for (const voter of this.#voters.values()) voter.stop()
    this.#voters.clear()
    this.certificates.clear()
  }

  override say(message: ConsensusMessage): Promise<null> {
    return this.#at.service.consensus.hear({ agentId: this.id, sessionId: this.session, message })
  }

  /** Takes in what its newest connection was given since the last time. */
  async listen(): Promise<void> {
    if (this.#heardOn !== this.session) this.#heard = 0
    this.#heardOn = this.session
    const fresh = this.#at.sessions.to(this.session).slice(this.#heard)
    this.#heard += fresh.length
    for (const delivery of fresh) if (delivery.type === 'consensus') await this.#take(delivery.notice)
  }

  async #take(notice: ConsensusNotice): Promise<void> {
    switch (notice.kind) {
      case 'opened':
        await this.#open(notice)
        return
      case 'statement':
        this.#voters.get(notice.proposalId)?.receive(notice.message)
        return
      case 'certificate':
        this.certificates.set(notice.proposalId, notice.certificate)
        this.#voters.get(notice.proposalId)?.stop()
        return
      case 'closed':
        this.#voters.get(notice.proposalId)?.stop()
        return
      case 'cancelled':
        this.#voters.get(notice.proposalId)?.cancel()
        return
      default:
    }
  }

  async #open(notice: Extract<ConsensusNotice, { kind: 'opened' }>): Promise<void> {
    const { proposalId, proposal, electorate } = notice
    const known = this.#voters.get(proposalId)
    if (known !== undefined) {
      known.resend()
      return
    }
    const instance = createInstance(
      notice,
      proposal,
      createElectorate(electorate, sha256Hasher),
      sha256Hasher,
    )
    const crypto = { hasher: sha256Hasher, verifier: toyVerifier }
    const voter = new DecisionVoter(
      { instance, self: this.id, resendMs: 1_000, mailboxMax: 1_000 },
      {
        ...crypto,
        clock: this.#clock,
        admission: new Admission(crypto),
        signer: new VoteSigner({ key: this.key, journal: this.journal }),
        journal: this.journal,
        transport: {
          send: (messages) => {
            for (const message of messages.flatMap((said) => this.#spoken(instance, said)))
              this.#tell({ kind: 'statement', proposalId, message })
          },
          sendCertificate: (certificate) => this.#tell({ kind: 'certificate', proposalId, certificate }),
        },
        listener: {
          decided: () => undefined,
          accused: () => undefined,
          refused: () => undefined,
          halted: (error) => {
            throw error
          },
        },
      },
    )
    this.instances.set(proposalId, instance)
    this.#voters.set(proposalId, voter)
    await voter.start()
    const choice = this.#options.choose(proposalId)
    // Not waited for: a process that dies while it signs never ends that.
    if (choice !== null) void voter.castBallot(choice)
  }

  /** What it takes part in, or did before its process died, without having heard what came of it. */
  #unfinished(): ReadonlySet<ProposalId> {
    const signed = this.journal.records.map(({ proposalId }) => proposalId)
    return new Set([...this.#voters.keys(), ...signed].filter((id) => !this.certificates.has(id)))
  }

  /** What it signed for, one entry a slot. */
  get slots(): readonly string[] {
    return this.journal.records.map(({ proposalId, message }) =>
      message.kind === 'ballot' ? `${proposalId} ballot` : `${proposalId} ${message.kind} ${message.round}`,
    )
  }

  #spoken(instance: DecisionInstance, message: SignedMessage): readonly SignedMessage[] {
    const { speech } = this.#options
    // Others' words, which it only passes on, it cannot twist.
    return speech === undefined || message.voter !== this.id ? [message] : speech(message, instance, this.key)
  }

  /** A word said over a closed connection is lost. */
  #tell(message: ConsensusMessage): void {
    this.say(message).catch(() => undefined)
  }
}

/** Lets time pass, and each agent hear what it was told meanwhile. */
export async function pass(cluster: Cluster, agents: readonly VotingAgent[], ms: number): Promise<void> {
  for (let passedMs = 0; passedMs <= ms; passedMs += 5) {
    await cluster.clock.advanceAsync(passedMs === 0 ? 0 : 5)
    await Promise.all(agents.map((agent) => agent.listen()))
  }
}
