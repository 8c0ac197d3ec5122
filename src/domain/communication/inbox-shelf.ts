import { SwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import type { InboxRecord } from '../model/message.ts'

export interface Slip {
  readonly messageId: string
  readonly position: number
  readonly expiresAt: EpochMs | undefined
}

/** What is remembered of one agent's inbox: which messages wait, in which order; the messages are in the store. */
export class InboxShelf {
  /** In the order they came, which is not always that of their positions: two are written at the same time. */
  readonly #slips = new Map<string, Slip>()
  /** Messages being written. */
  #reserved = 0
  #lastPosition = 0

  /** @param records as they are found in the store, in any order */
  constructor(records: readonly Slip[]) {
    for (const slip of records.toSorted((a, b) => a.position - b.position)) this.add(slip)
  }

  get size(): number {
    return this.#slips.size
  }

  /** The place of one more message, which is then added or given up. @throws SwarmError `limit_exceeded` */
  reserve(limit: number, now: EpochMs): number {
    if (this.#slips.size + this.#reserved >= limit) this.#forgetExpired(now)
    const actual = this.#slips.size + this.#reserved + 1
    if (actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'inboxMessagesMax', limit, actual })
    this.#reserved += 1
    this.#lastPosition += 1
    return this.#lastPosition
  }

  release(): void {
    this.#reserved -= 1
  }

  add(slip: Slip): void {
    this.#slips.set(slip.messageId, slip)
    this.#lastPosition = Math.max(this.#lastPosition, slip.position)
  }

  has(messageId: string): boolean {
    return this.#slips.has(messageId)
  }

  delete(messageId: string): void {
    this.#slips.delete(messageId)
  }

  /** Those that have not expired and are not among `known`, in the order they came. */
  idsBut(known: { has(messageId: string): boolean }, countMax: number, now: EpochMs): readonly string[] {
    const ids: string[] = []
    for (const slip of this.#slips.values()) {
      if (ids.length === countMax) break
      if (!known.has(slip.messageId) && !isExpired(slip, now)) ids.push(slip.messageId)
    }
    return ids
  }

  /** Those behind the position that have not expired, in the order of their positions. */
  idsAfter(position: number, countMax: number, now: EpochMs): readonly string[] {
    return [...this.#slips.values()]
      .filter((slip) => slip.position > position && !isExpired(slip, now))
      .toSorted((a, b) => a.position - b.position)
      .slice(0, countMax)
      .map(({ messageId }) => messageId)
  }

  /** Retention takes them out of the store. */
  #forgetExpired(now: EpochMs): void {
    for (const slip of this.#slips.values()) if (isExpired(slip, now)) this.#slips.delete(slip.messageId)
  }
}

export function slipOf({ position, message }: InboxRecord): Slip {
  return { messageId: message.messageId, position, expiresAt: message.expiresAt }
}

export function isExpired(
  { expiresAt }: { readonly expiresAt?: EpochMs | undefined },
  now: EpochMs,
): boolean {
  return expiresAt !== undefined && expiresAt <= now
}
