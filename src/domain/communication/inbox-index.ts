import { SwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import type { InboxRecord } from '../model/message.ts'

export interface InboxEntry {
  readonly messageId: string
  readonly position: number
  readonly expiresAt: EpochMs | undefined
}

/** What is remembered of one agent's inbox: which messages wait, in which order; the messages are in the store. */
export class InboxIndex {
  /** In the order they came, which is not always that of their positions: two are written at the same time. */
  readonly #entries = new Map<string, InboxEntry>()
  /** Messages being written. */
  #reserved = 0
  #lastPosition = 0

  /** @param records as they are found in the store, in any order */
  constructor(records: readonly InboxEntry[]) {
    for (const entry of records.toSorted((a, b) => a.position - b.position)) this.add(entry)
  }

  get size(): number {
    return this.#entries.size
  }

  /** The place of one more message, which is then added or given up. @throws SwarmError `limit_exceeded` */
  reserve(limit: number, now: EpochMs): number {
    if (this.#entries.size + this.#reserved >= limit) this.#forgetExpired(now)
    const actual = this.#entries.size + this.#reserved + 1
    if (actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'inboxMessagesMax', limit, actual })
    this.#reserved += 1
    this.#lastPosition += 1
    return this.#lastPosition
  }

  release(): void {
    this.#reserved -= 1
  }

  add(entry: InboxEntry): void {
    this.#entries.set(entry.messageId, entry)
    this.#lastPosition = Math.max(this.#lastPosition, entry.position)
  }

  has(messageId: string): boolean {
    return this.#entries.has(messageId)
  }

  delete(messageId: string): void {
    this.#entries.delete(messageId)
  }

  /** Those that have not expired and are not among `known`, in the order they came. */
  idsBut(known: { has(messageId: string): boolean }, countMax: number, now: EpochMs): readonly string[] {
    const ids: string[] = []
    for (const entry of this.#entries.values()) {
      if (ids.length === countMax) break
      if (!known.has(entry.messageId) && !isExpired(entry, now)) ids.push(entry.messageId)
    }
    return ids
  }

  /** Those behind the position that have not expired, in the order of their positions. */
  idsAfter(position: number, countMax: number, now: EpochMs): readonly string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.position > position && !isExpired(entry, now))
      .toSorted((a, b) => a.position - b.position)
      .slice(0, countMax)
      .map(({ messageId }) => messageId)
  }

  /** Retention takes them out of the store. */
  #forgetExpired(now: EpochMs): void {
    for (const entry of this.#entries.values())
      if (isExpired(entry, now)) this.#entries.delete(entry.messageId)
  }
}

export function inboxEntryOf({ position, message }: InboxRecord): InboxEntry {
  return { messageId: message.messageId, position, expiresAt: message.expiresAt }
}

export function isExpired(
  { expiresAt }: { readonly expiresAt?: EpochMs | undefined },
  now: EpochMs,
): boolean {
  return expiresAt !== undefined && expiresAt <= now
}
