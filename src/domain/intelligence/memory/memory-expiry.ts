import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { TimerQueue } from '../../kernel/timer-queue.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { MemoryEntry } from './memory-service.ts'

export interface MemoryExpiryModules {
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: SwarmJournal
  readonly reminders: Reminders
  readonly expire: (namespace: string, keys: readonly string[]) => Promise<void>
}

/** Records removed in one step. */
const STEP = 100
/** Expired records are gathered for so long, in milliseconds: they are not given out meanwhile. */
const GATHER_MS = 1_000

/** Removes expired records from the store. They are not given out from the moment they expire, whether removed or not. */
export class MemoryExpiry {
  readonly #modules: MemoryExpiryModules
  readonly #alarms: TimerQueue<string>
  readonly #places = new Map<string, { readonly namespace: string; readonly key: string }>()
  readonly #due = new Set<string>()
  #isSweeping = false

  constructor(modules: MemoryExpiryModules) {
    this.#modules = modules
    this.#alarms = new TimerQueue((id) => this.#ring(id), modules)
  }

  /** What the store has under the id now. */
  note(id: string, entry: MemoryEntry | undefined): void {
    const expiresAt = entry?.record.expiresAt
    if (entry === undefined || expiresAt === undefined) {
      this.#alarms.delete(id)
      this.#places.delete(id)
      this.#due.delete(id)
      return
    }
    const { namespace, key } = entry.record
    this.#places.set(id, { namespace, key })
    this.#alarms.set(id, expiresAt - this.#modules.clock.now())
  }

  stop(): void {
    this.#alarms.clear()
  }

  #ring(id: string): void {
    this.#due.add(id)
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.#modules.reminders.set(GATHER_MS, () => void this.#sweep())
  }

  async #sweep(): Promise<void> {
    try {
      while (this.#due.size > 0) await this.#step()
    } catch (error) {
      this.#modules.logger.warn({ error }, 'expired memory not removed yet')
      this.#modules.reminders.set(GATHER_MS, () => void this.#sweep())
      return
    }
    this.#isSweeping = false
  }

  async #step(): Promise<void> {
    const ids = [...this.#due].slice(0, STEP)
    const byNamespace = new Map<string, string[]>()
    for (const id of ids) {
      const place = this.#places.get(id)
      if (place === undefined) continue
      const keys = byNamespace.get(place.namespace) ?? []
      byNamespace.set(place.namespace, keys)
      keys.push(place.key)
    }
    for (const [namespace, keys] of byNamespace) await this.#modules.expire(namespace, keys)
    for (const id of ids) this.#due.delete(id)
  }
}
