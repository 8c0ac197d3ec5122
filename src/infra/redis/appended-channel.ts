import type { Redis } from 'ioredis'
import type { NodeId, Scope } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { PeerHandlers } from '#domain/ports/peers.ts'
import { appendedChannel, metaKey } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'

interface Announcement {
  readonly from: NodeId
  readonly lastSequence: number
}

/** Tells other nodes that a scope's log has grown; those hear it that watch the scope. */
export class AppendedChannel {
  readonly #nodeId: NodeId
  readonly #link: RedisLink
  readonly #subscriber: Redis
  readonly #logger: Logger
  readonly #watchCounts = new Map<Scope, number>()
  readonly #scopeOfChannel = new Map<string, Scope>()
  readonly #unsent = new Map<Scope, number>()
  #handlers: PeerHandlers | undefined
  #isFlushPlanned = false

  constructor(nodeId: NodeId, modules: { link: RedisLink; subscriber: Redis; logger: Logger }) {
    this.#nodeId = nodeId
    this.#link = modules.link
    this.#subscriber = modules.subscriber
    this.#logger = modules.logger
  }

  start(handlers: PeerHandlers): void {
    this.#handlers = handlers
    this.#link.onConnected(() => this.catchUp())
  }

  /** Those that this node listens to. */
  get channels(): readonly string[] {
    return [...this.#scopeOfChannel.keys()]
  }

  /** To be called where announcements may have been missed. */
  catchUp(): void {
    for (const scope of this.#watchCounts.keys()) void this.#catchUp(scope)
  }

  watch(scope: Scope): void {
    const count = this.#watchCounts.get(scope) ?? 0
    this.#watchCounts.set(scope, count + 1)
    if (count > 0) return
    const channel = appendedChannel(scope)
    this.#scopeOfChannel.set(channel, scope)
    this.#subscriber.subscribe(channel).then(
      () => this.#catchUp(scope),
      (error: unknown) => this.#logger.warn({ error, scope }, 'swarm cannot be watched'),
    )
  }

  unwatch(scope: Scope): void {
    const count = this.#watchCounts.get(scope) ?? 0
    if (count > 1) {
      this.#watchCounts.set(scope, count - 1)
      return
    }
    if (!this.#watchCounts.delete(scope)) return
    const channel = appendedChannel(scope)
    this.#scopeOfChannel.delete(channel)
    this.#subscriber.unsubscribe(channel).catch((error: unknown) => {
      this.#logger.debug({ error, scope }, 'swarm cannot be unwatched')
    })
  }

  /** The newest number is news enough: several announcements of one turn of the event loop are one. */
  announce(scope: Scope, lastSequence: number): void {
    this.#unsent.set(scope, Math.max(lastSequence, this.#unsent.get(scope) ?? 0))
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    setImmediate(() => this.#flush())
  }

  receive(channel: string, text: string): void {
    const scope = this.#scopeOfChannel.get(channel)
    if (scope === undefined) return
    const { from, lastSequence } = JSON.parse(text) as Announcement
    if (from !== this.#nodeId) this.#handlers?.appended(scope, lastSequence)
  }

  /** Tells what was announced while nobody listened for it. */
  async #catchUp(scope: Scope): Promise<void> {
    if (!this.#link.isUp || !this.#watchCounts.has(scope)) return
    try {
      const lastSequence = Number((await this.#link.client.hget(metaKey(scope), 'sequence')) ?? 0)
      if (lastSequence > 0 && this.#watchCounts.has(scope)) this.#handlers?.appended(scope, lastSequence)
    } catch (error) {
      this.#logger.debug({ error, scope }, 'missed announcements are not known')
    }
  }

  #flush(): void {
    this.#isFlushPlanned = false
    for (const [scope, lastSequence] of this.#unsent) {
      if (!this.#link.isUp) break
      const announcement: Announcement = { from: this.#nodeId, lastSequence }
      // Readers look again by themselves now and then, so a lost announcement costs time, not events.
      this.#link.client
        .publish(appendedChannel(scope), JSON.stringify(announcement))
        .catch((error: unknown) => {
          this.#logger.debug({ error, scope }, 'new events were not announced')
        })
    }
    this.#unsent.clear()
  }
}
