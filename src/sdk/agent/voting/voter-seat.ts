import type { Admission } from '#domain/consensus/bft/admission.ts'
import { DecisionVoter } from '#domain/consensus/bft/decision-voter.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { Hasher } from '#domain/consensus/ports/hasher.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import type { VoteSigner } from '#domain/consensus/vote-signer.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { errorOf } from '../../client/user-code.ts'
import type { BallotQuestion } from './ballot-question.ts'
import type { FileSigningJournal } from './file-signing-journal.ts'
import type { Seat, SeatListener, SeatNotice } from './seat.ts'
import type { Speech } from './speech.ts'
import type { VoterTransport } from './voter-transport.ts'

export interface VoterSeatOptions {
  readonly instance: DecisionInstance
  readonly self: AgentId
}

export interface VoterSeatModules {
  readonly question: BallotQuestion
  readonly transport: VoterTransport
  readonly clock: Clock
  readonly hasher: Hasher
  readonly admission: Admission
  readonly signer: VoteSigner
  readonly journal: FileSigningJournal
  readonly key: SigningKey
  readonly listener: SeatListener
  readonly speech?: Speech | undefined
}

const RESEND_MS = 1_000
const MAILBOX_MAX = 10_000

/** The seat of an agent that holds its own key: a voter in this very process. */
export class VoterSeat implements Seat {
  readonly #options: VoterSeatOptions
  readonly #modules: VoterSeatModules
  readonly #voter: DecisionVoter
  /** What came before the voter had taken up what its journal remembers. */
  #early: SeatNotice[] | undefined = []
  #certificate: DecisionCertificate | undefined
  #isKnownToHub = false
  #hasSpoken = false
  #closedCount = 0
  #isOver = false

  constructor(options: VoterSeatOptions, modules: VoterSeatModules) {
    this.#options = options
    this.#modules = modules
    const { instance, self } = options
    const { proposalId } = instance
    const { transport, listener } = modules
    this.#voter = new DecisionVoter(
      { instance, self, resendMs: RESEND_MS, mailboxMax: MAILBOX_MAX },
      {
        ...modules,
        transport: {
          send: (messages) => this.#say(messages),
          sendCertificate: (certificate) => transport.say({ kind: 'certificate', proposalId, certificate }),
        },
        listener: {
          decided: (certificate) => this.#decided(certificate),
          // The hub saw the same two signatures, and keeps them.
          accused: () => undefined,
          refused: () => undefined,
          // What is left may find its journal shut for it.
          halted: (error) => {
            if (!this.#isOver) listener.halted(error as Error)
          },
        },
      },
    )
  }

  async start(): Promise<void> {
    await this.#voter.start()
    const early = this.#early ?? []
    this.#early = undefined
    for (const notice of early) this.hear(notice)
    const hasVoted = this.#voter.state?.ballots.has(this.#options.self) === true
    if (!hasVoted) await this.#vote()
  }

  hear(notice: SeatNotice): void {
    if (this.#isOver) return
    if (this.#early !== undefined) {
      if (this.#early.length < MAILBOX_MAX) this.#early.push(notice)
      return
    }
    if (notice.kind === 'statement') this.#voter.receive(notice.message)
    else if (notice.kind === 'cancelled') this.#voter.cancel()
    else if (notice.kind === 'closed') this.#closed()
    else this.#shown(notice.certificate)
  }

  /** The hub answers what is said again with what it came to. Who has said nothing yet has to ask. */
  reconnected(): void {
    const { proposalId } = this.#options.instance
    if (this.#hasSpoken) this.#voter.resend()
    else this.#modules.transport.say({ kind: 'ask', proposalId })
  }

  stop(): void {
    this.#end('the agent ends')
  }

  #say(messages: readonly SignedMessage[]): void {
    const { proposalId } = this.#options.instance
    this.#hasSpoken = true
    for (const said of messages)
      for (const message of this.#spoken(said))
        this.#modules.transport.say({ kind: 'statement', proposalId, message })
  }

  #spoken(message: SignedMessage): readonly SignedMessage[] {
    const { speech, key } = this.#modules
    const { instance, self } = this.#options
    // Others' words it can only pass on.
    return speech === undefined || message.voter !== self ? [message] : speech(message, instance, key)
  }

  async #vote(): Promise<void> {
    const { question, listener } = this.#modules
    try {
      const ballot = await question.ask()
      if (ballot === undefined || this.#isOver) return
      const outcome = await this.#voter.castBallot(ballot.choice, ballot.reason)
      if (outcome !== 'signed' && !this.#isOver)
        listener.failed(
          new Error(`the ballot for ${this.#options.instance.proposalId} was not signed: ${outcome}`),
        )
    } catch (error) {
      listener.failed(errorOf(error))
    }
  }

  #decided(certificate: DecisionCertificate): void {
    this.#certificate = certificate
    this.#modules.question.withdraw('it is decided')
    this.#modules.listener.decided(certificate)
    if (this.#isKnownToHub) this.#leave()
  }

  /** The hub has a certificate. Where the voter has none yet it comes to one by this, if it holds. */
  #shown(certificate: DecisionCertificate): void {
    this.#isKnownToHub = true
    if (this.#certificate !== undefined) this.#leave()
    else this.#voter.receiveCertificate(certificate)
  }

  /** The hub has given up. A voter that knows better shows it the certificate, once more. */
  #closed(): void {
    this.#closedCount += 1
    if (this.#certificate !== undefined && this.#closedCount === 1) this.#voter.resend()
    else this.#leave()
  }

  #leave(): void {
    this.#end('it is over')
    this.#modules.listener.left()
  }

  #end(reason: string): void {
    this.#isOver = true
    this.#voter.stop()
    this.#modules.question.withdraw(reason)
  }
}
