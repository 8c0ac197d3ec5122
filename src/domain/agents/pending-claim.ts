import type { Assignment } from '../model/assignment.ts'

/** An HTTP agent's claim that waits for work. It answers with the first tasks that were written for it. */
export class PendingClaim {
  readonly claimId: string
  readonly #resolve: (assignments: readonly Assignment[]) => void
  readonly #assignments: Assignment[] = []
  #room: number
  #beingWritten = 0
  #isOver = false

  constructor(
    { claimId, countMax }: { readonly claimId: string; readonly countMax: number },
    resolve: (assignments: readonly Assignment[]) => void,
  ) {
    this.claimId = claimId
    this.#room = countMax
    this.#resolve = resolve
  }

  /** Whether it takes nothing any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** How many more tasks it takes. */
  get room(): number {
    return this.#isOver ? 0 : this.#room
  }

  reserve(): void {
    this.#room -= 1
    this.#beingWritten += 1
  }

  /** An assignment was written, or came to nothing. */
  settle(assignment: Assignment | undefined): void {
    this.#beingWritten -= 1
    if (assignment === undefined) this.#room += 1
    else this.#assignments.push(assignment)
    if (this.#isOver || this.#assignments.length > 0) this.#answer()
  }

  /** The wait is over: answer with what there is, as soon as nothing is being written any more. */
  end(): void {
    this.#isOver = true
    this.#answer()
  }

  #answer(): void {
    if (this.#beingWritten > 0) return
    this.#isOver = true
    this.#resolve(this.#assignments)
  }
}
