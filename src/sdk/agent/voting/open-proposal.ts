import type { DecisionCertificate } from '#contract/index.ts'

/** Something an agent is asked to vote on. */
export interface OpenProposal {
  readonly proposalId: string
  readonly title: string
  /** What is judged, as it was put, unchecked. */
  readonly payload: unknown
  /**
   * The JSON text of `payload`, byte for byte as the proposer sent it: what the voters sign the hash of. Copies of the
   * proposal and `JSON.stringify` leave it out.
   */
  readonly payloadText: string
  /** `approval`: approve or reject. `choice`: one of the options. */
  readonly mode: 'approval' | 'choice'
  readonly options: readonly string[]
  /** The share of the whole weight that an option needs. */
  readonly threshold: { readonly numerator: number; readonly denominator: number }
  /** An agent's id, or the name of a client. */
  readonly proposedBy: string
  /** From now until a voter may call the proposal expired. */
  readonly deadlineMs: number
  /** Who votes on it, in the order of their ids. */
  readonly voters: readonly {
    readonly agentId: string
    readonly weight: number
    /** `hub` where the server holds the voter's key. */
    readonly custody: 'self' | 'hub'
  }[]
  /** Aborted when a ballot comes too late: it was decided or cancelled, or the agent ends. */
  readonly signal: AbortSignal
}

/** A vote. It is final. */
export interface Ballot {
  /** One of the options, or `abstain`. */
  readonly choice: string
  /** Why, for people: plain text of at most 1 000 bytes. Signed and shown with the decision. */
  readonly reason?: string
}

/** Decides how the agent votes; null where it does not. What it throws is told to `onNotice`, and no ballot is cast. */
export type ProposalHandler = (proposal: OpenProposal) => Ballot | null | Promise<Ballot | null>

/** What came of a proposal the agent was a voter of, verified against the voters it was told of at the opening. */
export interface AgentDecision {
  readonly proposalId: string
  readonly outcome: DecisionCertificate['outcome']
  readonly certificate: DecisionCertificate
}
