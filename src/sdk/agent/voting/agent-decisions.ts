import { Admission } from '#domain/consensus/bft/admission.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { OpenedProposal } from '#domain/consensus/consensus-message.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { Hasher } from '#domain/consensus/ports/hasher.ts'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import { VoteSigner } from '#domain/consensus/vote-signer.ts'
import type { AgentId, ProposalId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { errorOf } from '../../client/user-code.ts'
import { BallotQuestion } from './ballot-question.ts'
import { ChoiceSeat } from './choice-seat.ts'
import type { ProposalHandler } from './open-proposal.ts'
import { instanceOf } from './opened-instance.ts'
import type { Seat, SeatListener, SeatNotice } from './seat.ts'
import type { Speech } from './speech.ts'
import type { VoterHome } from './voter-home.ts'
import { VoterSeat } from './voter-seat.ts'
import type { VoterTransport } from './voter-transport.ts'

export interface AgentDecisionsOptions {
  readonly self: AgentId
  readonly swarmId: string
  readonly handler: ProposalHandler | undefined
}

export interface AgentDecisionsModules {
  /** Undefined for an agent that leaves its key to the hub. */
  readonly home: VoterHome | undefined
  readonly transport: VoterTransport
  readonly clock: Clock
  readonly hasher: Hasher
  readonly verifier: SignatureVerifier
  readonly listener: Pick<SeatListener, 'decided' | 'failed' | 'halted'>
  readonly speech?: Speech | undefined
}

/** Proposals an agent has a seat in at the same time; more than any swarm keeps open. */
const SEATS_MAX = 1_024
/** Decisions kept for a hub that was restarted without them. */
const REMEMBERED_MAX = 64

/** What one agent decides together with others. */
export class AgentDecisions {
  readonly #options: AgentDecisionsOptions
  readonly #modules: AgentDecisionsModules
  readonly #admission: Admission
  readonly #signer: VoteSigner | undefined
  readonly #seats = new Map<ProposalId, Seat>()
  /** In the order they were reached. */
  readonly #decided = new Map<ProposalId, DecisionCertificate>()

  constructor(options: AgentDecisionsOptions, modules: AgentDecisionsModules) {
    this.#options = options
    this.#modules = modules
    this.#admission = new Admission(modules)
    this.#signer = modules.home === undefined ? undefined : new VoteSigner(modules.home)
  }

  opened(opened: OpenedProposal): void {
    const { home, transport, listener } = this.#modules
    const { proposalId, isCancelled } = opened
    const certificate = this.#decided.get(proposalId)
    if (certificate !== undefined) {
      transport.say({ kind: 'certificate', proposalId, certificate })
    } else if (this.#seats.has(proposalId)) {
      if (isCancelled) this.hear({ kind: 'cancelled', proposalId })
    } else if (home?.journal.hasEnded(proposalId) !== true) {
      try {
        this.#takeSeat(opened)
      } catch (error) {
        listener.failed(errorOf(error))
      }
    }
  }

  hear(notice: SeatNotice): void {
    const seat = this.#seats.get(notice.proposalId)
    if (seat !== undefined) seat.hear(notice)
    else if (notice.kind === 'certificate' || notice.kind === 'closed') this.#forget(notice.proposalId)
  }

  /** Says again what may be lost, and asks after what ended while the agent was away. */
  reconnected(): void {
    for (const seat of this.#seats.values()) seat.reconnected()
    this.#askAfterUnfinished()
  }

  stop(): void {
    for (const seat of this.#seats.values()) seat.stop()
    this.#seats.clear()
  }

  #takeSeat(opened: OpenedProposal): void {
    const { proposalId, isCancelled } = opened
    const { home, hasher, listener } = this.#modules
    if (this.#seats.size >= SEATS_MAX) throw new RangeError(`no seat is left for the proposal ${proposalId}`)
    const own = { tenantId: home?.place.tenantId, swarmId: this.#options.swarmId }
    const seat = this.#seatIn(opened, instanceOf(opened, own, hasher))
    if (seat === undefined) return
    this.#seats.set(proposalId, seat)
    seat.start().catch((error: Error) => listener.halted(error))
    if (isCancelled) seat.hear({ kind: 'cancelled', proposalId })
  }

  /** Undefined where the agent has no vote, or only with a key that it no longer has. */
  #seatIn(opened: OpenedProposal, instance: DecisionInstance): Seat | undefined {
    const { self, handler } = this.#options
    const { home, listener } = this.#modules
    const voter = instance.electorate.byId.get(self)
    if (voter === undefined) return undefined
    const question = new BallotQuestion({
      opened,
      instance,
      self,
      handler,
      onError: (error) => listener.failed(error),
    })
    const modules = { ...this.#modules, question, listener: this.#listenerFor(instance.proposalId) }
    if (voter.custody === 'hub') return new ChoiceSeat({ instance }, modules)
    if (home === undefined || this.#signer === undefined || voter.publicKey !== home.key.publicKey)
      return undefined
    return new VoterSeat(
      { instance, self },
      { ...modules, key: home.key, journal: home.journal, signer: this.#signer, admission: this.#admission },
    )
  }

  #listenerFor(proposalId: ProposalId): SeatListener {
    const { listener } = this.#modules
    return {
      ...listener,
      decided: (certificate) => {
        this.#remember(proposalId, certificate)
        listener.decided(certificate)
      },
      left: () => {
        this.#seats.delete(proposalId)
        this.#forget(proposalId)
      },
    }
  }

  #remember(proposalId: ProposalId, certificate: DecisionCertificate): void {
    this.#decided.set(proposalId, certificate)
    if (this.#decided.size <= REMEMBERED_MAX) return
    for (const oldest of this.#decided.keys()) {
      this.#decided.delete(oldest)
      return
    }
  }

  /** Nothing will be signed for the proposal any more, whatever the hub says. */
  #forget(proposalId: ProposalId): void {
    const { home, listener } = this.#modules
    if (home === undefined) return
    const { journal } = home
    if (journal.isOpen(proposalId)) journal.end(proposalId).catch((error: Error) => listener.halted(error))
  }

  /** The hub answers with what came of it, or with all that was said where it is still open. */
  #askAfterUnfinished(): void {
    const { home, transport } = this.#modules
    for (const proposalId of home?.journal.openProposals ?? [])
      if (!this.#seats.has(proposalId)) transport.say({ kind: 'ask', proposalId })
  }
}
