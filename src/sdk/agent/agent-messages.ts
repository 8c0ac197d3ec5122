import type { MessageSent, MessageTarget, MessageView } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { checkDurationMs, startTimer } from '#infra/system/timer.ts'
import { connectionFailed, SwarmApiError } from '../client/swarm-api-error.ts'
import { errorOf } from '../client/user-code.ts'
import type { PayloadText } from '../json/exact-texts.ts'
import { writeJson } from '../json/raw-json.ts'
import type { AgentChannel } from './agent-channel.ts'
import type { MessageSendFrame } from './frame-codec.ts'
import { ReceivedMessages } from './received-messages.ts'

/** What a message may carry besides its payload. */
export interface SendOptions {
  /** Not delivered later than this, in milliseconds. */
  readonly ttlMs?: number
  /** Keep it in the receiver's inbox until it has dealt with it. Sent again by itself when the connection breaks. */
  readonly isDurable?: boolean
  /** Repeating a durable message under the same id does not put it into the inbox twice. Made up where left out. */
  readonly messageId?: string
}

/** As {@link SendOptions}, with the time to wait for the answer. */
export interface RequestOptions extends Pick<SendOptions, 'isDurable'> {
  /** Default 10 000. */
  readonly timeoutMs?: number
}

/**
 * Deals with a message. What it returns to a `request` is the reply; a durable message is acknowledged once it has
 * resolved, and comes again after the next reconnect where it threw.
 */
export type MessageHandler = (message: MessageView & PayloadText) => unknown

export interface AgentMessagesOptions {
  onError(error: Error): void
}

const REQUEST_TIMEOUT_MS = 10_000
/** How long a message waits for a connection that is away. */
const CONNECT_TIMEOUT_MS = 10_000

interface PendingReply {
  readonly resolve: (payload: unknown) => void
  readonly reject: (error: Error) => void
  readonly cancelTimer: () => void
}

/** What one agent says to others and hears from them, over as many connections as that takes. */
export class AgentMessages {
  readonly #options: AgentMessagesOptions
  readonly #received: ReceivedMessages
  readonly #replies = new Map<string, PendingReply>()
  readonly #topics = new Map<string, MessageHandler>()
  readonly #waiting = new Set<(channel: AgentChannel) => void>()
  #handler: MessageHandler | undefined
  #channel: AgentChannel | undefined

  constructor(options: AgentMessagesOptions) {
    this.#options = options
    this.#received = new ReceivedMessages({
      handle: (message) => this.#handle(message),
      acknowledge: (messageIds) => this.#acknowledge(messageIds),
      onError: (error) => options.onError(error),
    })
  }

  set handler(handler: MessageHandler) {
    this.#handler = handler
  }

  connected(channel: AgentChannel): void {
    this.#channel = channel
    if (this.#topics.size > 0)
      this.#sayTopics(channel).catch((error: unknown) => this.#options.onError(errorOf(error)))
    for (const proceed of this.#waiting) proceed(channel)
    this.#waiting.clear()
    this.#received.flush()
  }

  disconnected(): void {
    this.#channel = undefined
  }

  receive(message: MessageView): void {
    this.#received.receive(message)
  }

  async send(to: MessageTarget, payload: unknown, options: SendOptions = {}): Promise<MessageSent> {
    return this.#send(frameOf(to, payload, options))
  }

  /** @returns the payload of the reply. @throws DOMException `TimeoutError` where none came in time */
  async request(
    agentId: string,
    payload: unknown,
    { timeoutMs = REQUEST_TIMEOUT_MS, isDurable = false }: RequestOptions = {},
  ): Promise<unknown> {
    checkDurationMs('timeoutMs', timeoutMs)
    const correlationId = newId()
    const frame = frameOf({ kind: 'agent', agentId }, payload, { isDurable, ttlMs: ttlOf(timeoutMs) })
    const reply = new Promise<unknown>((resolve, reject) => {
      const cancelTimer = startTimer(timeoutMs, () => {
        this.#replies.delete(correlationId)
        reject(new DOMException(`no reply from ${agentId} within ${timeoutMs} ms`, 'TimeoutError'))
      })
      this.#replies.set(correlationId, { resolve, reject, cancelTimer })
    })
    this.#send({ ...frame, kind: 'request', correlationId }).catch((error: Error) =>
      this.#takeReply(correlationId)?.reject(error),
    )
    return reply
  }

  /** @throws SwarmApiError as the swarm refuses it; while there is no connection it is said at the next one */
  async subscribe(topic: string, handler: MessageHandler): Promise<void> {
    this.#topics.set(topic, handler)
    if (this.#channel !== undefined) await this.#sayTopics(this.#channel)
  }

  async unsubscribe(topic: string): Promise<void> {
    if (this.#topics.delete(topic) && this.#channel !== undefined) await this.#sayTopics(this.#channel)
  }

  /** The agent is over: nobody will answer. */
  close(): void {
    this.#channel = undefined
    this.#received.close()
    // Deleting while going through a map's keys is allowed.
    for (const correlationId of this.#replies.keys())
      this.#takeReply(correlationId)?.reject(connectionFailed('', 'the agent ended'))
  }

  async #send(frame: MessageSendFrame): Promise<MessageSent> {
    for (;;) {
      const channel = this.#channel ?? (await this.#nextChannel())
      try {
        return await channel.request<MessageSent>(frame)
      } catch (error) {
        // Under the same id a durable message can be repeated; another might arrive twice.
        const mayRepeat = frame.isDurable === true && error instanceof SwarmApiError
        if (!mayRepeat || error.code !== 'connection_failed') throw error
        if (this.#channel === channel) this.#channel = undefined
      }
    }
  }

  #nextChannel(): Promise<AgentChannel> {
    return new Promise((resolve, reject) => {
      const cancelTimer = startTimer(CONNECT_TIMEOUT_MS, () => {
        this.#waiting.delete(proceed)
        reject(connectionFailed('', 'the agent is not connected'))
      })
      const proceed = (channel: AgentChannel): void => {
        cancelTimer()
        resolve(channel)
      }
      this.#waiting.add(proceed)
    })
  }

  async #handle(message: MessageView): Promise<void> {
    const { kind, correlationId, from, to, payload } = message
    if (kind === 'reply' && correlationId !== undefined) {
      this.#takeReply(correlationId)?.resolve(payload)
      return
    }
    const handler = to.kind === 'topic' ? (this.#topics.get(to.topic) ?? this.#handler) : this.#handler
    const returned: unknown = await handler?.(message)
    if (kind !== 'request' || correlationId === undefined || from === undefined || handler === undefined)
      return
    await this.#send({
      ...frameOf({ kind: 'agent', agentId: from }, returned, {}),
      kind: 'reply',
      correlationId,
    })
  }

  #takeReply(correlationId: string): PendingReply | undefined {
    const pending = this.#replies.get(correlationId)
    this.#replies.delete(correlationId)
    pending?.cancelTimer()
    return pending
  }

  async #acknowledge(messageIds: readonly string[]): Promise<boolean> {
    const channel = this.#channel
    if (channel === undefined) return false
    try {
      await channel.request({ type: 'message.ack', messageIds: [...messageIds] })
      return true
    } catch (error) {
      // Over a connection that ended nothing can be said any more; `connected` goes on from there.
      if (channel.closed !== undefined)
        return this.#channel === channel ? false : this.#acknowledge(messageIds)
      throw error
    }
  }

  async #sayTopics(channel: AgentChannel): Promise<void> {
    await channel.request({ type: 'subscribe', topics: [...this.#topics.keys()] })
  }
}

function frameOf(to: MessageTarget, payload: unknown, options: SendOptions): MessageSendFrame {
  const { messageId = newId(), ...rest } = options
  return { type: 'message.send', messageId, to, ...rest, payloadText: writeJson(payload) ?? 'null' }
}

/** A request is of no use once its reply is waited for no longer. */
function ttlOf(timeoutMs: number): number {
  return Math.min(LIMITS.messageTtlMsMax, Math.max(1, Math.ceil(timeoutMs)))
}

function newId(): string {
  return crypto.randomUUID()
}
