import type { ConsensusMessage } from '#domain/consensus/consensus-message.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import { type VerifyModules, verifyDecision } from '#domain/consensus/verify-decision.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { errorOf } from '../../client/user-code.ts'
import type { BallotQuestion } from './ballot-question.ts'
import type { Seat, SeatListener, SeatNotice } from './seat.ts'
import type { VoterTransport } from './voter-transport.ts'

export interface ChoiceSeatOptions {
  readonly instance: DecisionInstance
}

export interface ChoiceSeatModules extends VerifyModules {
  readonly question: BallotQuestion
  readonly transport: VoterTransport
  readonly clock: Clock
  readonly listener: SeatListener
}

/** How long after the deadline the hub has told the agent what came of it, if the agent was there to hear it. */
const PATIENCE_MS = 300_000

/** The seat of an agent whose key the hub holds: it says what it wants, and the hub votes for it. */
export class ChoiceSeat implements Seat {
  readonly #options: ChoiceSeatOptions
  readonly #modules: ChoiceSeatModules
  readonly #cancelTimer: () => void
  /** Said at each connection anew. */
  #choice: ConsensusMessage | undefined
  #isOver = false

  constructor(options: ChoiceSeatOptions, modules: ChoiceSeatModules) {
    this.#options = options
    this.#modules = modules
    const { deadlineMs } = options.instance.proposal
    this.#cancelTimer = modules.clock.setTimer(deadlineMs + PATIENCE_MS, () => this.#leave())
  }

  async start(): Promise<void> {
    const { question, transport, listener } = this.#modules
    const { proposalId } = this.#options.instance
    try {
      const ballot = await question.ask()
      if (ballot === undefined || this.#isOver) return
      this.#choice = { kind: 'choice', proposalId, ...ballot }
      await transport.tell(this.#choice)
    } catch (error) {
      listener.failed(errorOf(error))
    }
  }

  hear(notice: SeatNotice): void {
    if (this.#isOver) return
    if (notice.kind === 'certificate') this.#shown(notice.certificate)
    else if (notice.kind === 'closed') this.#leave()
  }

  reconnected(): void {
    const { transport, listener } = this.#modules
    const { proposalId } = this.#options.instance
    if (this.#choice === undefined) transport.say({ kind: 'ask', proposalId })
    else transport.tell(this.#choice).catch((error: unknown) => listener.failed(errorOf(error)))
  }

  stop(): void {
    this.#end('the agent ends')
  }

  #shown(json: unknown): void {
    const { instance } = this.#options
    const verdict = verifyDecision(json, instance.electorate.hash, this.#modules)
    const isOurs = verdict.isValid && verdict.instance.proposalHash === instance.proposalHash
    if (!isOurs) return
    this.#modules.listener.decided(verdict.certificate)
    this.#leave()
  }

  #leave(): void {
    this.#end('it is over')
    this.#modules.listener.left()
  }

  #end(reason: string): void {
    this.#isOver = true
    this.#cancelTimer()
    this.#modules.question.withdraw(reason)
  }
}
