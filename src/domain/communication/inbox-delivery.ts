import type { Reminders } from '../kernel/reminders.ts'
import type { AgentId, EpochMs } from '../model/ids.ts'
import type { InboxRecord } from '../model/message.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { AgentDelivery } from './agent-delivery.ts'
import type { Inbox } from './inbox.ts'
import { isExpired } from './inbox-index.ts'

export interface InboxDeliveryModules {
  readonly inbox: Inbox
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
  hasConnection(agentId: AgentId): boolean
  /** Writes to the agent's connection. @returns false where there is none, or it is too slow */
  deliver(agentId: AgentId, delivery: AgentDelivery): boolean
}

/** Durable messages that an agent may have received and not acknowledged; the next ones wait. */
export const UNACKNOWLEDGED_MAX = 100
/** Messages that wait for the inbox of an agent that has just attached to be read. */
const HELD_MAX = 1_000
const TRY_AGAIN_MS = 50

interface Feed {
  /** What was written to this connection and not acknowledged yet, with when it expires. */
  readonly unacknowledged: Map<string, EpochMs | undefined>
  /** False while older messages wait in the inbox: a new one takes its place behind them. */
  isCaughtUp: boolean
  isReading: boolean
  /** What came after the attach and before its inbox was read; undefined afterwards. */
  held: AgentDelivery[] | undefined
  /** Cancels the look that is due without anybody's doing; one at a time. */
  cancelLook: (() => void) | undefined
}

/**
 * Hands each attached agent what waits in its inbox, oldest first and at the pace of its acknowledgements. What others
 * send it meanwhile does not overtake what waited at the attach.
 */
export class InboxDelivery {
  readonly #modules: InboxDeliveryModules
  readonly #feeds = new Map<AgentId, Feed>()

  constructor(modules: InboxDeliveryModules) {
    this.#modules = modules
  }

  /** A new connection: all that was not acknowledged goes out again. To be called in the turn it may be written to. */
  attached(agentId: AgentId): void {
    this.forget(agentId)
    const feed: Feed = {
      unacknowledged: new Map(),
      isCaughtUp: false,
      isReading: false,
      held: [],
      cancelLook: undefined,
    }
    this.#feeds.set(agentId, feed)
    void this.#pump(agentId, feed)
  }

  /** Its connection ended, or the agent is no more. */
  forget(agentId: AgentId): void {
    this.#feeds.get(agentId)?.cancelLook?.()
    this.#feeds.delete(agentId)
  }

  /** A message that does not come from the inbox. @returns false where it was not written and will not be */
  pass(agentId: AgentId, delivery: AgentDelivery): boolean {
    const held = this.#feeds.get(agentId)?.held
    if (held === undefined) return this.#modules.deliver(agentId, delivery)
    if (held.length >= HELD_MAX) return false
    held.push(delivery)
    return true
  }

  /** Whether what goes to the agent has to go through {@link pass} now. */
  isHolding(agentId: AgentId): boolean {
    return this.#feeds.get(agentId)?.held !== undefined
  }

  /** A message that was just put into the inbox. @returns whether it was written at once */
  offer(record: InboxRecord): boolean {
    const { agentId } = record
    const feed = this.#feeds.get(agentId)
    if (feed === undefined) return false
    const isNext = feed.isCaughtUp && !feed.isReading
    if (isNext && this.#write(feed, record)) return true
    feed.isCaughtUp = false
    if (isNext) this.#lookLater(agentId, feed)
    return false
  }

  acknowledged(agentId: AgentId, messageIds: readonly string[]): void {
    const feed = this.#feeds.get(agentId)
    if (feed === undefined) return
    for (const messageId of messageIds) feed.unacknowledged.delete(messageId)
    if (!feed.isCaughtUp) void this.#pump(agentId, feed)
  }

  async #pump(agentId: AgentId, feed: Feed): Promise<void> {
    if (feed.isReading || !this.#isServed(agentId, feed)) return
    feed.isReading = true
    try {
      for (let room = this.#roomIn(feed); room > 0; room = this.#roomIn(feed)) {
        // What comes while these are read is noted by `offer`.
        feed.isCaughtUp = true
        const records = await this.#modules.inbox.waiting(agentId, feed.unacknowledged, room)
        if (!this.#isCurrent(agentId, feed) || (records.length === 0 && feed.isCaughtUp)) break
        feed.isCaughtUp = false
        if (!records.every((record) => this.#write(feed, record))) break
      }
    } catch (error) {
      // It stays in the inbox, which is read again.
      feed.isCaughtUp = false
      this.#modules.logger.warn({ error, agentId }, 'inbox not delivered')
    } finally {
      feed.isReading = false
      if (!feed.isCaughtUp) this.#lookLater(agentId, feed)
      this.#releaseHeld(agentId, feed)
    }
  }

  /** Nothing else might ever say that a slow connection can take more, that the store answers, or that one expired. */
  #lookLater(agentId: AgentId, feed: Feed): void {
    const { reminders } = this.#modules
    if (!this.#isServed(agentId, feed)) return
    const delayMs = this.#roomIn(feed) > 0 ? TRY_AGAIN_MS : this.#untilOneExpires(feed)
    feed.cancelLook?.()
    feed.cancelLook = undefined
    // Full of messages that do not expire: the next acknowledgement looks.
    if (delayMs === undefined) return
    feed.cancelLook = reminders.set(delayMs, () => {
      feed.cancelLook = undefined
      void this.#pump(agentId, feed)
    })
  }

  #untilOneExpires(feed: Feed): number | undefined {
    const times = [...feed.unacknowledged.values()].filter((time) => time !== undefined)
    if (times.length === 0) return undefined
    return Math.max(TRY_AGAIN_MS, Math.min(...times) - this.#modules.clock.now())
  }

  /** What expired unacknowledged is out of the inbox, and holds up nothing. */
  #roomIn({ unacknowledged }: Feed): number {
    if (unacknowledged.size >= UNACKNOWLEDGED_MAX) {
      const now = this.#modules.clock.now()
      for (const [messageId, expiresAt] of unacknowledged)
        if (isExpired({ expiresAt }, now)) unacknowledged.delete(messageId)
    }
    return UNACKNOWLEDGED_MAX - unacknowledged.size
  }

  #releaseHeld(agentId: AgentId, feed: Feed): void {
    const held = feed.held ?? []
    feed.held = undefined
    if (!this.#isCurrent(agentId, feed)) return
    for (const delivery of held) this.#modules.deliver(agentId, delivery)
  }

  #write(feed: Feed, { agentId, message }: InboxRecord): boolean {
    if (this.#roomIn(feed) === 0) return false
    if (!this.#modules.deliver(agentId, { type: 'message', message })) return false
    feed.unacknowledged.set(message.messageId, message.expiresAt)
    return true
  }

  /** An agent that is away is served when it attaches anew. */
  #isServed(agentId: AgentId, feed: Feed): boolean {
    return this.#isCurrent(agentId, feed) && this.#modules.hasConnection(agentId)
  }

  #isCurrent(agentId: AgentId, feed: Feed): boolean {
    return this.#feeds.get(agentId) === feed
  }
}
