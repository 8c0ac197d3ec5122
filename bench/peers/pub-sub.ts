/** The client's side of a hub that passes every message of a publisher on to all subscribers. */
export interface PubSub {
  readonly openPublisher: (url: string) => Promise<Publisher>
  /** Resolves when the hub knows the subscriber: what is published from then on reaches it. */
  readonly openSubscriber: (url: string, onMessage: () => void) => Promise<void>
}

export interface Publisher {
  readonly publish: (payload: string) => void
  /** The same message `count` times, in the cheapest way the client library has. */
  readonly publishBatch: (payload: string, count: number) => void
}
