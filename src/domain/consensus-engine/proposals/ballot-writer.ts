import type { SignedBallot } from '../../consensus/signed-messages.ts'

/** Has ballots written as they come; those that come while it writes go together into the next step. */
export class BallotWriter {
  readonly #write: (ballots: readonly SignedBallot[]) => Promise<void>
  readonly #waiting: SignedBallot[] = []
  #isWriting = false

  /** @param write never rejects */
  constructor(write: (ballots: readonly SignedBallot[]) => Promise<void>) {
    this.#write = write
  }

  add(ballot: SignedBallot): void {
    this.#waiting.push(ballot)
    if (!this.#isWriting) void this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0))
    this.#isWriting = false
  }
}
