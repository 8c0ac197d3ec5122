interface Client {
  weight: number
  /** The virtual time at which the client is due next. */
  pass: number
}

/** A client's weight: any number above 0. */
const WEIGHT_MIN = 1e-6
const WEIGHT_MAX = 1e6

/**
 * Chooses among clients in proportion to their weights: each choice costs a client 1 / weight of virtual time, and the
 * client that is due first is chosen (Waldspurger & Weihl, "Stride Scheduling", MIT/LCS/TM-528, 1995, §2). After any
 * number of choices among the same clients, no client is more than one choice away from its exact part, for two
 * clients; the error grows with the number of clients, not with time.
 *
 * A client that was away starts at the virtual time of now: time that it did not ask for is not saved up.
 */
export class StrideScheduler {
  readonly #clientsMax: number
  readonly #clients = new Map<string, Client>()
  /** Never falls: the pass of the newest choice. */
  #virtualTime = 0

  /** @param clientsMax clients remembered while they ask for nothing, 1 or more */
  constructor(clientsMax = 10_000) {
    this.#clientsMax = clientsMax
  }

  /** When the client is due, in virtual time; the smallest goes first. */
  dueAt(clientId: string): number {
    return Math.max(this.#virtualTime, this.#clients.get(clientId)?.pass ?? 0)
  }

  /**
   * The client was served once.
   *
   * @param weight above 0; a client may come with a new weight each time
   * @param cost what it was served, in units of an average choice; 0 or more
   */
  charge(clientId: string, weight = 1, cost = 1): void {
    const pass = this.dueAt(clientId)
    this.#virtualTime = pass
    // The newest stands last.
    this.#clients.delete(clientId)
    const bounded = Math.min(WEIGHT_MAX, Math.max(WEIGHT_MIN, weight))
    this.#clients.set(clientId, { weight: bounded, pass: pass + cost / bounded })
    if (this.#clients.size > this.#clientsMax) this.#forget()
  }

  /** What was charged came to nothing. */
  refund(clientId: string, cost = 1): void {
    const client = this.#clients.get(clientId)
    if (client !== undefined) client.pass -= cost / client.weight
  }

  /** The client that is due first, ties in the order given; undefined where there is none. */
  next(clientIds: Iterable<string>): string | undefined {
    let first: string | undefined
    let firstAt = Infinity
    for (const clientId of clientIds) {
      const at = this.dueAt(clientId)
      if (first !== undefined && at >= firstAt) continue
      first = clientId
      firstAt = at
    }
    return first
  }

  #forget(): void {
    for (const [clientId, { pass }] of this.#clients) {
      if (pass <= this.#virtualTime) this.#clients.delete(clientId)
    }
    // All of them are owed less than they had: the one that was served longest ago loses the least.
    for (const clientId of this.#clients.keys()) {
      if (this.#clients.size <= this.#clientsMax) return
      this.#clients.delete(clientId)
    }
  }
}
