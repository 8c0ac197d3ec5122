import type { OpenedProposal } from '#domain/consensus/consensus-message.ts'
import { ballotDefect } from '#domain/consensus/decision-value.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { AgentId } from '#domain/model/ids.ts'
import { errorOf } from '../../client/user-code.ts'
import { addText } from '../../json/exact-texts.ts'
import { guardListeners } from '../guarded-signal.ts'
import type { Ballot, OpenProposal, ProposalHandler } from './open-proposal.ts'

export interface BallotQuestionOptions {
  readonly opened: OpenedProposal
  readonly instance: DecisionInstance
  readonly self: AgentId
  /** Without one the agent takes part in the agreement, and has no opinion. */
  readonly handler: ProposalHandler | undefined
  /** Told what listeners of the proposal's signal throw. */
  onError(error: Error): void
}

/** What one agent is asked about one proposal: put to its handler once, and taken back when the answer comes too late. */
export class BallotQuestion {
  readonly #options: BallotQuestionOptions
  readonly #over = new AbortController()
  readonly #signal: AbortSignal

  constructor(options: BallotQuestionOptions) {
    this.#options = options
    this.#signal = guardListeners(this.#over.signal, (thrown) => options.onError(errorOf(thrown)))
  }

  /**
   * The handler's answer; undefined where there is none, or none is wanted any more.
   *
   * @throws what the handler throws; RangeError where its answer is no ballot for this proposal
   */
  async ask(): Promise<Ballot | undefined> {
    const { handler, instance, self } = this.#options
    if (handler === undefined || this.#over.signal.aborted) return undefined
    try {
      const answer = await handler(this.#proposal())
      if (answer === null || this.#over.signal.aborted) return undefined
      const { choice, reason } = answer
      const ballot = reason === undefined ? { choice } : { choice, reason }
      const defect = ballotDefect(instance, { voter: self, ...ballot })
      if (defect !== undefined) throw new RangeError(`not a ballot for ${instance.proposalId}: ${defect}`)
      return ballot
    } catch (error) {
      // A handler that gives up when it is told to has nothing to complain of.
      if (this.#over.signal.aborted) return undefined
      throw error
    }
  }

  /** No answer is wanted any more. */
  withdraw(reason: string): void {
    this.#over.abort(new Error(reason))
  }

  #proposal(): OpenProposal {
    const { proposalId, proposal, electorate, payload } = this.#options.opened
    const { title, mode, options, threshold, proposedBy, deadlineMs } = proposal
    const question = {
      proposalId,
      title,
      payload: JSON.parse(payload) as unknown,
      mode,
      options,
      threshold,
      proposedBy,
      deadlineMs,
      voters: electorate.map(({ agentId, weight, custody }) => ({ agentId, weight, custody })),
      signal: this.#signal,
    }
    return addText(question, 'payload', payload)
  }
}
