import type { Redis } from 'ioredis'
import { assert, SwarmError } from '#domain/model/errors.ts'
import type { NodeId, Scope } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { PeerCall, PeerHandlers, PeerNews, PeerNotice, Peers } from '#domain/ports/peers.ts'
import { AppendedChannel } from './appended-channel.ts'
import { PeerBroadcast } from './peer-broadcast.ts'
import { PeerOutbox } from './peer-outbox.ts'
import { PeerPresence } from './peer-presence.ts'
import { decodeEnvelope, failureOf, openOutcome, type PeerMessage, type PeerOutcome } from './peer-wire.ts'
import { NODES_CHANNEL, nodeChannel } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import { SubscriberWatch } from './subscriber-watch.ts'

const CALL_TIMEOUT_MS = 1_000
const CALLS_MAX = 20_000
/** Older calls and notices are dropped: a connection held them back, and by now their sender acts on their loss. */
const MESSAGE_AGE_MAX_MS = 2_000
const RETRY_AFTER_MS = 500

interface PendingCall {
  readonly peer: NodeId
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly cancelTimeout: () => void
}

export interface RedisPeersModules {
  readonly link: RedisLink
  /** A connection that does nothing but listen. */
  readonly subscriber: Redis
  /** That of Redis. */
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The other nodes, over Redis' publish and subscribe: each node listens on a channel of its own.
 *
 * Redis delivers what one connection published in order, and forgets what nobody hears: then it says so to the sender,
 * and this node knows it when its own connection was lost.
 */
export class RedisPeers implements Peers {
  readonly nodeId: NodeId
  readonly isAlone = false
  readonly #link: RedisLink
  readonly #subscriber: Redis
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #outbox: PeerOutbox
  readonly #broadcast: PeerBroadcast
  readonly #watch: SubscriberWatch
  readonly #presence: PeerPresence
  readonly #appended: AppendedChannel
  readonly #calls = new Map<number, PendingCall>()
  #handlers: PeerHandlers | undefined
  #callCount = 0

  constructor(nodeId: NodeId, modules: RedisPeersModules) {
    this.nodeId = nodeId
    this.#link = modules.link
    this.#subscriber = modules.subscriber
    this.#clock = modules.clock
    this.#logger = modules.logger
    this.#outbox = new PeerOutbox(nodeId, modules, (peer, { callIds, notices }) => {
      for (const callId of callIds) this.#abandon(callId)
      if (notices.length > 0) this.#handlers?.unreceived(peer, notices)
    })
    this.#broadcast = new PeerBroadcast(nodeId, modules)
    this.#presence = new PeerPresence(nodeId, modules, {
      onLost: (peer) => this.#peerLost(peer),
      onCutOff: () => this.#handlers?.cutOff(),
    })
    this.#appended = new AppendedChannel(nodeId, modules)
    this.#watch = new SubscriberWatch(modules, () => void this.#resumed())
  }

  async start(handlers: PeerHandlers): Promise<void> {
    assert(this.#handlers === undefined, 'peers are started once')
    this.#handlers = handlers
    const ownChannel = nodeChannel(this.nodeId)
    this.#subscriber.on('message', (channel: string, text: string) => {
      try {
        if (channel === ownChannel || channel === NODES_CHANNEL) this.#receive(text)
        else this.#appended.receive(channel, text)
      } catch (error) {
        // Anybody who reaches Redis can publish anything.
        this.#logger.warn({ error, channel }, 'message not understood')
      }
    })
    this.#appended.start(handlers)
    await this.#subscriber.subscribe(ownChannel, NODES_CHANNEL)
    // Seen by others only when it can hear them.
    await this.#presence.start()
  }

  present(): ReadonlySet<NodeId> {
    return this.#presence.present
  }

  call(peer: NodeId, call: PeerCall): Promise<unknown> {
    if (!this.#link.isUp || this.#calls.size >= CALLS_MAX) return Promise.reject(unanswered())
    this.#callCount += 1
    const callId = this.#callCount
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.setTimer(CALL_TIMEOUT_MS, () => this.#abandon(callId))
      this.#calls.set(callId, { peer, resolve, reject, cancelTimeout })
      this.#outbox.send(peer, { type: 'call', callId, call })
    })
  }

  notify(peer: NodeId, notice: PeerNotice): void {
    this.#outbox.send(peer, { type: 'notice', notice })
  }

  notifyAll(news: PeerNews): void {
    this.#broadcast.send(news)
  }

  announceAppended(scope: Scope, lastSequence: number): void {
    this.#appended.announce(scope, lastSequence)
  }

  watch(scope: Scope): void {
    this.#appended.watch(scope)
  }

  unwatch(scope: Scope): void {
    this.#appended.unwatch(scope)
  }

  async stop(): Promise<void> {
    this.#watch.stop()
    await this.#presence.stop()
    this.#subscriber.disconnect()
    for (const callId of this.#calls.keys()) this.#abandon(callId)
  }

  #receive(text: string): void {
    const { from, sentAt, messages } = decodeEnvelope(text)
    const isStale = this.#ageOf(sentAt) > MESSAGE_AGE_MAX_MS
    // An answer is for a call that waits, or for nobody.
    const heard = isStale ? messages.filter(({ type }) => type === 'outcome' || type === 'news') : messages
    if (heard.length < messages.length) {
      const droppedCount = messages.length - heard.length
      this.#logger.warn(
        { from, droppedCount, ageMs: this.#ageOf(sentAt) },
        'stale messages from a peer dropped',
      )
      this.#handlers?.missed()
    }
    for (const message of heard) this.#deliver(message, from)
  }

  /** By the clock of Redis, so that the clocks of two machines are never compared. */
  #ageOf(sentAt: number | undefined): number {
    return sentAt === undefined ? 0 : this.#clock.now() - sentAt
  }

  /** What was sent to this node while it did not listen is lost. */
  async #resumed(): Promise<void> {
    try {
      // ioredis forgets the channels where the connection is lost again before it has subscribed to them.
      const channels = [nodeChannel(this.nodeId), NODES_CHANNEL, ...this.#appended.channels]
      await this.#subscriber.subscribe(...channels)
      this.#appended.catchUp()
      this.#handlers?.missed()
    } catch (error) {
      this.#logger.debug({ error }, 'connection for messages was lost again')
    }
  }

  #deliver(message: PeerMessage, from: NodeId): void {
    if (message.type === 'call') void this.#serve(message.callId, message.call, from)
    else if (message.type === 'outcome') this.#conclude(message.callId, message.outcome)
    else if (message.type === 'notice') this.#hearNotice(message.notice, from)
    else if (from !== this.nodeId) this.#handlers?.news(message.news)
  }

  #hearNotice(notice: PeerNotice, from: NodeId): void {
    try {
      this.#handlers?.notice(notice, from)
    } catch (error) {
      // The rest of the envelope must still be heard.
      this.#logger.error({ error, from, topic: notice.topic }, 'notice from a peer failed')
    }
  }

  async #serve(callId: number, call: PeerCall, from: NodeId): Promise<void> {
    let outcome: PeerOutcome
    try {
      outcome = { value: await this.#handlers?.call(call, from) }
    } catch (error) {
      outcome = failureOf(error)
      if ('bug' in outcome)
        this.#logger.error({ error, from, method: call.method }, 'call from a peer failed')
    }
    this.#outbox.send(from, { type: 'outcome', callId, outcome })
  }

  #conclude(callId: number, outcome: PeerOutcome): void {
    const call = this.#takeCall(callId)
    if (call === undefined) return
    try {
      call.resolve(openOutcome(outcome))
    } catch (error) {
      call.reject(error)
    }
  }

  #peerLost(peer: NodeId): void {
    for (const [callId, call] of this.#calls) if (call.peer === peer) this.#abandon(callId)
    this.#handlers?.peerLost(peer)
  }

  #abandon(callId: number): void {
    this.#takeCall(callId)?.reject(unanswered())
  }

  #takeCall(callId: number): PendingCall | undefined {
    const call = this.#calls.get(callId)
    this.#calls.delete(callId)
    call?.cancelTimeout()
    return call
  }
}

function unanswered(): SwarmError<'coordinator_unavailable'> {
  return new SwarmError('coordinator_unavailable', { retryAfterMs: RETRY_AFTER_MS })
}
