import type { MonotonicMs, NodeId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { NODES_KEY } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import { presenceScript } from './scripts/presence-script.ts'

const BEAT_EVERY_MS = 500
const PRESENCE_MS = 2_000
/** Without an answer for this long, the silence may be that of Redis and not that of the peers. */
const BLIND_AFTER_MS = 1_500
/** Without an answer for this long, agents do better on another node. A Redis that is started again takes less. */
const CUT_OFF_AFTER_MS = 5_000

export interface PeerPresenceModules {
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

export interface PeerPresenceListeners {
  onLost(peer: NodeId): void
  /** Redis has not answered for a while. */
  onCutOff(): void
}

/** Shows this node to the others and tells which of them are gone. */
export class PeerPresence {
  readonly #nodeId: NodeId
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners: PeerPresenceListeners
  #present: ReadonlySet<NodeId> = new Set()
  #answeredAt: MonotonicMs | undefined
  /** Whether the last sign of life went unanswered, though Redis may have taken it. */
  #isInDoubt = false
  /** Until then a peer that is missing may only not have been heard. */
  #blindUntil = 0
  #cancelTimer: () => void = () => {}
  #isCutOff = false
  #isStopped = false

  constructor(
    nodeId: NodeId,
    { link, clock, logger }: PeerPresenceModules,
    listeners: PeerPresenceListeners,
  ) {
    this.#nodeId = nodeId
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    this.#listeners = listeners
  }

  /** The nodes that live, this one included, as Redis last said. */
  get present(): ReadonlySet<NodeId> {
    return this.#present
  }

  async start(): Promise<void> {
    await this.#beat()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    if (!this.#link.isUp) return
    // Only a courtesy: without it the others find out in two seconds.
    await this.#link.client.zrem(NODES_KEY, this.#nodeId).catch(() => 0)
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.setTimer(BEAT_EVERY_MS, () => {
      void this.#beat().then(() => {
        if (this.#isStopped) return
        this.#noteSilence()
        this.#schedule()
      })
    })
  }

  async #beat(): Promise<void> {
    if (!this.#link.isUp) return
    try {
      // A node that Redis hears and that hears nothing of Redis must not count as present.
      if (this.#isInDoubt) await this.#link.client.ping()
      this.#isInDoubt = true
      const reply = await presenceScript.run(this.#link.client, [NODES_KEY], [this.#nodeId, PRESENCE_MS])
      this.#isInDoubt = false
      if (!this.#isStopped) this.#compare(new Set(reply as NodeId[]))
    } catch (error) {
      this.#logger.debug({ error }, 'presence not shown')
    }
  }

  #noteSilence(): void {
    const isCutOff =
      this.#answeredAt !== undefined && this.#clock.monotonic() - this.#answeredAt >= CUT_OFF_AFTER_MS
    if (isCutOff && !this.#isCutOff) {
      this.#logger.warn({}, 'cut off from redis')
      this.#listeners.onCutOff()
    }
    this.#isCutOff = isCutOff
  }

  #compare(present: ReadonlySet<NodeId>): void {
    const now = this.#clock.monotonic()
    const silence = this.#answeredAt === undefined ? 0 : now - this.#answeredAt
    this.#answeredAt = now
    if (silence > BLIND_AFTER_MS) this.#blindUntil = now + PRESENCE_MS
    const missing = [...this.#present].filter((peer) => !present.has(peer))
    if (now < this.#blindUntil) {
      // Whoever lives shows itself before the time is over; the rest is judged then.
      this.#present = new Set([...present, ...missing])
      return
    }
    this.#present = present
    for (const peer of missing) {
      this.#logger.warn({ peer }, 'peer lost')
      this.#listeners.onLost(peer)
    }
  }
}
