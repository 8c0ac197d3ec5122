import type { AdmissionRefusal } from '../../consensus/bft/admission.ts'
import type { SigningRefusal } from '../../consensus/vote-signer.ts'

/** What becomes of what voters say; a closed set, for metrics. */
export type StatementFate =
  | 'accepted'
  | AdmissionRefusal
  | SigningRefusal
  /** Of a proposal that is not open, or none of this swarm's; of an electorate that was replaced. */
  | 'not_open'
  /** In another's name, or by somebody who has no vote. */
  | 'foreign'
  | 'vote_forged'
  /** For a second candidate in one term. */
  | 'vote_doubled'

/** Counts what voters said, and what was thrown away and why. */
export class ConsensusMeter {
  readonly #counts = new Map<StatementFate, number>()

  count(fate: StatementFate): void {
    this.#counts.set(fate, (this.#counts.get(fate) ?? 0) + 1)
  }

  report(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}
