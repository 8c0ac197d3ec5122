import type { SwarmEvent } from '#domain/model/events.ts'
import type { NodeId, Scope } from '#domain/model/ids.ts'

export interface KeptRecord {
  readonly version: number
  readonly isOpen: boolean
  /** As text, so that nobody can change a stored value by changing the object it came from. */
  readonly text: string
}

export interface KeptScope {
  epoch: number
  lastSequence: number
  holder: NodeId | undefined
  /** By `kind/id`. */
  readonly records: Map<string, KeptRecord>
  readonly events: SwarmEvent[]
  /** What cannot be read any more: `kind/id` of a record, `event/sequence`. */
  readonly damaged: Set<string>
}

/**
 * What survives the nodes: the stand-in for a disk or a Redis, shared by all nodes of a simulated cluster.
 *
 * A test can let it lose its tail: `const earlier = medium.copy(); …; medium.rewindTo(earlier)`.
 */
export class MemoryMedium {
  #scopes: Map<Scope, KeptScope>
  readonly #lossListeners = new Set<() => void>()

  constructor(scopes: Map<Scope, KeptScope> = new Map()) {
    this.#scopes = scopes
  }

  scope(scope: Scope): KeptScope {
    const present = this.#scopes.get(scope)
    if (present !== undefined) return present
    const fresh: KeptScope = {
      epoch: 0,
      lastSequence: 0,
      holder: undefined,
      records: new Map(),
      events: [],
      damaged: new Set(),
    }
    this.#scopes.set(scope, fresh)
    return fresh
  }

  copy(): MemoryMedium {
    const copies = [...this.#scopes].map(([scope, kept]): [Scope, KeptScope] => [
      scope,
      { ...kept, records: new Map(kept.records), events: [...kept.events], damaged: new Set(kept.damaged) },
    ])
    return new MemoryMedium(new Map(copies))
  }

  /** Forgets everything since the copy was made, and tells every node's coordination that it did. */
  rewindTo(earlier: MemoryMedium): void {
    this.#scopes = earlier.copy().#scopes
    for (const kept of this.#scopes.values()) kept.holder = undefined
    for (const listener of this.#lossListeners) listener()
  }

  /** @returns a function that ends the subscription. */
  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener)
    return () => this.#lossListeners.delete(listener)
  }
}
