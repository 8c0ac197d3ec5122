import type { AgentId } from '../ids.ts'
import type { AgentDelivery } from '../orchestration/assignment.ts'
import type { Reminders } from '../orchestration/reminders.ts'
import type { Logger } from '../ports/logger.ts'
import type { Inbox } from './inbox.ts'
import type { InboxRecord } from './message.ts'

export interface InboxDeliveryModules {
  readonly inbox: Inbox
  readonly reminders: Reminders
  readonly logger: Logger
  /** Writes to the agent's connection. @returns false where there is none, or it is too slow */
  deliver(agentId: AgentId, delivery: AgentDelivery): boolean
}

/** Durable messages an agent may have on its hands before it has to acknowledge one. */
export const UNACKNOWLEDGED_MAX = 100
/** Messages that wait for the inbox of an agent that has just attached to be read. */
const HELD_MAX = 1_000
const TRY_AGAIN_MS = 50

interface Feed {
  /** Of the newest message that was written. */
  position: number
  readonly unacknowledged: Set<string>
  /** False while older messages wait in the inbox: a new one takes its place behind them. */
  isCaughtUp: boolean
  isReading: boolean
  /** What came after the attach and before its inbox was read; undefined afterwards. */
  held: AgentDelivery[] | undefined
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
    const feed: Feed = {
      position: 0,
      unacknowledged: new Set(),
      isCaughtUp: false,
      isReading: false,
      held: [],
    }
    this.#feeds.set(agentId, feed)
    void this.#pump(agentId, feed)
  }

  forget(agentId: AgentId): void {
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
    if (isNext) this.#tryLater(agentId, feed)
    return false
  }

  acknowledged(agentId: AgentId, messageIds: readonly string[]): void {
    const feed = this.#feeds.get(agentId)
    if (feed === undefined) return
    for (const messageId of messageIds) feed.unacknowledged.delete(messageId)
    if (!feed.isCaughtUp) void this.#pump(agentId, feed)
  }

  async #pump(agentId: AgentId, feed: Feed): Promise<void> {
    if (feed.isReading || !this.#isCurrent(agentId, feed)) return
    feed.isReading = true
    try {
      while (feed.unacknowledged.size < UNACKNOWLEDGED_MAX) {
        // What comes while these are read is noted by `offer`.
        feed.isCaughtUp = true
        const room = UNACKNOWLEDGED_MAX - feed.unacknowledged.size
        const records = await this.#modules.inbox.list(agentId, feed.position, room)
        if (!this.#isCurrent(agentId, feed) || (records.length === 0 && feed.isCaughtUp)) break
        feed.isCaughtUp = false
        if (!records.every((record) => this.#write(feed, record))) {
          this.#tryLater(agentId, feed)
          break
        }
      }
    } catch (error) {
      // It stays in the inbox, which can be read.
      feed.isCaughtUp = false
      this.#modules.logger.warn({ error, agentId }, 'inbox not delivered')
    } finally {
      feed.isReading = false
      this.#releaseHeld(agentId, feed)
    }
  }

  /** Nothing else might ever say that a slow connection can take more. */
  #tryLater(agentId: AgentId, feed: Feed): void {
    this.#modules.reminders.set(TRY_AGAIN_MS, () => void this.#pump(agentId, feed))
  }

  #releaseHeld(agentId: AgentId, feed: Feed): void {
    const held = feed.held ?? []
    feed.held = undefined
    if (!this.#isCurrent(agentId, feed)) return
    for (const delivery of held) this.#modules.deliver(agentId, delivery)
  }

  #write(feed: Feed, { agentId, position, message }: InboxRecord): boolean {
    if (feed.unacknowledged.size >= UNACKNOWLEDGED_MAX) return false
    if (!this.#modules.deliver(agentId, { type: 'message', message })) return false
    feed.unacknowledged.add(message.messageId)
    feed.position = position
    return true
  }

  #isCurrent(agentId: AgentId, feed: Feed): boolean {
    return this.#feeds.get(agentId) === feed
  }
}
