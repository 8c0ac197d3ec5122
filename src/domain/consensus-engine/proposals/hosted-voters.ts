import type { Admission } from '../../consensus/bft/admission.ts'
import { type BallotOutcome, DecisionVoter } from '../../consensus/bft/decision-voter.ts'
import type { DecisionInstance } from '../../consensus/instance.ts'
import type { Hasher } from '../../consensus/ports/hasher.ts'
import type { SignedMessage } from '../../consensus/signed-messages.ts'
import { VoteSigner } from '../../consensus/vote-signer.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'
import { HostedJournal } from './hosted-journal.ts'

export interface HostedVotersOptions {
  readonly instance: DecisionInstance
}

export interface HostedVotersModules {
  readonly keys: HostedKeys
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
  readonly hasher: Hasher
  readonly admission: Admission
  readonly logger: Logger
  /** What a hosted voter says goes the way of everybody's words. */
  say(voter: AgentId, message: SignedMessage): void
  /** All that was said so far, for one that comes late. */
  said(): readonly SignedMessage[]
}

/** In-process voters say again only what a full mailbox may have dropped, in milliseconds. */
const RESEND_MS = 2_000
const MAILBOX_MAX = 10_000
/** Pause before a voter whose journal failed is seated anew, in milliseconds. */
const SEAT_AGAIN_MS = 1_000

/** The voters of one agreement whose keys the hub holds: the very code that agents with keys run themselves. */
export class HostedVoters {
  readonly #options: HostedVotersOptions
  readonly #modules: HostedVotersModules
  readonly #voters = new Map<AgentId, DecisionVoter>()
  readonly #timers = new Set<() => void>()
  /** Voters that take up what their journals remember. */
  readonly #seating = new Map<AgentId, Promise<void>>()
  #isCancelled = false
  #isStopped = false

  constructor(options: HostedVotersOptions, modules: HostedVotersModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Where the store refuses one its seat, that is tried until it does not. */
  seat(): void {
    for (const { agentId, custody } of this.#options.instance.electorate.voters)
      if (custody === 'hub') this.#seat(agentId)
  }

  stop(): void {
    this.#isStopped = true
    for (const voter of this.#voters.values()) voter.stop()
    for (const cancel of this.#timers) cancel()
  }

  receive(message: SignedMessage, from: AgentId | undefined): void {
    for (const [agentId, voter] of this.#voters) if (agentId !== from) voter.receive(message)
  }

  cancel(): void {
    this.#isCancelled = true
    for (const voter of this.#voters.values()) voter.cancel()
  }

  /** The ballot of an agent whose key is here; `stopped` while its voter waits for the store, and when all is over. */
  async choose(agentId: AgentId, choice: string, reason?: string): Promise<BallotOutcome> {
    // An agent is told of the proposal before its voter is seated, and may answer at once.
    await this.#seating.get(agentId)
    return (await this.#voters.get(agentId)?.castBallot(choice, reason)) ?? 'stopped'
  }

  /** Of a voter that has no seat, and takes none at the moment. */
  #seat(agentId: AgentId): void {
    const seating = this.#takeSeat(agentId)
      .catch((error: unknown) => this.#halted(agentId, error))
      .finally(() => this.#seating.delete(agentId))
    this.#seating.set(agentId, seating)
  }

  async #takeSeat(agentId: AgentId): Promise<void> {
    const { keys, said } = this.#modules
    const key = await keys.keyOf(agentId)
    const journal = new HostedJournal({ agentId, publicKey: key.publicKey }, this.#modules)
    const voter = new DecisionVoter(
      { instance: this.#options.instance, self: agentId, resendMs: RESEND_MS, mailboxMax: MAILBOX_MAX },
      {
        ...this.#modules,
        journal,
        signer: new VoteSigner({ key, journal }),
        transport: {
          send: (messages) => {
            for (const message of messages) this.#modules.say(agentId, message)
          },
          // The hub has the certificate by then: it heard the same votes.
          sendCertificate: () => undefined,
        },
        listener: {
          decided: () => undefined,
          accused: () => undefined,
          refused: () => undefined,
          halted: (error) => this.#halted(agentId, error),
        },
      },
    )
    this.#voters.set(agentId, voter)
    await voter.start()
    if (this.#isStopped) voter.stop()
    for (const message of said()) voter.receive(message)
    if (this.#isCancelled) voter.cancel()
  }

  /** The store refused. What it holds decides where the next voter goes on. */
  #halted(agentId: AgentId, error: unknown): void {
    const { clock, logger } = this.#modules
    logger.warn({ error, agentId }, 'hosted voter halted')
    this.#voters.delete(agentId)
    if (this.#isStopped) return
    const cancel = clock.setTimer(SEAT_AGAIN_MS, () => {
      this.#timers.delete(cancel)
      this.#seat(agentId)
    })
    this.#timers.add(cancel)
  }
}
