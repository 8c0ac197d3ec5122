import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { ConsensusNotice } from '#domain/consensus/consensus-message.ts'

/** What the hub says of a proposal that an agent has a seat in. */
export type SeatNotice = Extract<
  ConsensusNotice,
  { kind: 'statement' | 'certificate' | 'cancelled' | 'closed' }
>

/** An agent's place among the voters of one proposal, from its opening to its end. */
export interface Seat {
  /** Takes up what is remembered, and asks how to vote. Resolves when that is answered. */
  start(): Promise<void>
  hear(notice: SeatNotice): void
  /** What was said before may be lost. */
  reconnected(): void
  /** The agent ends; the proposal goes on without it. */
  stop(): void
}

export interface SeatListener {
  /** Once, with a certificate that was verified. */
  decided(certificate: DecisionCertificate): void
  /** Nothing more will come; the seat has stopped. */
  left(): void
  failed(error: Error): void
  /** What the agent signed last may not be on record: it must not vote on anything any more. */
  halted(error: Error): void
}
