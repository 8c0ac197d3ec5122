/** Entries whose adding failed, and which were settled before it was repeated. Forgetting one costs a false hint. */
const ENDED_MAX = 50_000

/**
 * Entries that were handed out before BullMQ had them.
 *
 * Whoever waits for work need not wait for two more round trips: a committed entry stands in the outbox and is not
 * lost. It goes to BullMQ all the same, unless it is settled sooner.
 */
export class EntriesAhead {
  /** By job id; the promise of those that are being added or were. */
  readonly #adding = new Map<string, Promise<void> | undefined>()
  readonly #ended = new Set<string>()
  #addedCount = 0

  has(id: string): boolean {
    return this.#adding.has(id)
  }

  /** How many of them BullMQ has, or will have in a moment. */
  get addedCount(): number {
    return this.#addedCount
  }

  handedOut(id: string): void {
    this.#adding.set(id, undefined)
  }

  /** True when the entry was settled before it was added, and need not be. */
  isEnded(id: string): boolean {
    return this.#ended.delete(id)
  }

  beginAdding(ids: readonly string[], adding: Promise<void>): void {
    for (const id of ids) {
      if (!this.#adding.has(id) || this.#adding.get(id) !== undefined) continue
      this.#adding.set(id, adding)
      this.#addedCount += 1
    }
  }

  addingFailed(ids: readonly string[]): void {
    for (const id of ids) if (this.forget(id)) this.handedOut(id)
  }

  /** True when the entry was one of these; it is no longer. */
  forget(id: string): boolean {
    if (this.#adding.get(id) !== undefined) this.#addedCount -= 1
    return this.#adding.delete(id)
  }

  /** Ends an entry. Resolves with true when BullMQ has a job of it that must be removed. */
  async end(id: string): Promise<boolean> {
    const adding = this.#adding.get(id)
    this.forget(id)
    try {
      await adding
    } catch {
      this.#rememberEnded(id)
      return false
    }
    if (adding === undefined) this.#rememberEnded(id)
    return adding !== undefined
  }

  #rememberEnded(id: string): void {
    if (this.#ended.size >= ENDED_MAX) this.#ended.clear()
    this.#ended.add(id)
  }
}
