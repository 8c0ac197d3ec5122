/** A broken promise, and what it was about. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly about: string | undefined

  constructor(promise: string, about?: string) {
    super(promise)
    this.about = about
  }
}
