import { CLOSE_CODES, type RequestId } from '#contract/frames/frame.ts'
import { type StreamFrame, SUBSCRIBER_FRAMES, type SubscribeFrame } from '#contract/frames/stream-frames.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { EventReader } from '#domain/communication/event-reader.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { problemOf } from '../problem/problem.ts'
import { RequestError } from '../problem/request-error.ts'
import { closeCodeFor } from '../sockets/close-code.ts'
import { errorFrame } from '../sockets/error-frame.ts'
import { FrameReader } from '../sockets/frame-reader.ts'
import type { FrameSocket } from '../sockets/frame-socket.ts'
import { requestIdOf } from '../sockets/request-id.ts'
import { eventSource } from '../views/event-view.ts'
import { streamFrame } from './event-frames.ts'
import { eventFilter, parseCursor } from './event-selection.ts'

export const SUBSCRIBE_WITHIN_MS = 5_000
/** Events taken from the log at once. */
const READ_MAX = 256
/** Unsent bytes past which the log is not read on: a slow subscriber costs no more than this. */
const BUFFERED_BYTES_HIGH = 1024 * 1024

const subscriberFrames = new FrameReader<SubscribeFrame>(SUBSCRIBER_FRAMES)

export interface EventSubscriptionModules {
  readonly socket: FrameSocket
  readonly logger: Logger
  /** The swarm, once the subscriber has shown that it may read it. */
  admit(token: string | undefined): Promise<OpenSwarm>
  onFrame(type: SubscribeFrame['type']): void
  onSent(count: number): void
}

/** One connection that reads a swarm's event log as it grows. It pulls, so that it is never given more than it reads. */
export class EventSubscription {
  readonly inFlight = 0
  readonly #modules: EventSubscriptionModules
  readonly #subscribeTimer: NodeJS.Timeout
  #isSubscribed = false
  #isClosed = false
  #reader: EventReader | undefined

  constructor(modules: EventSubscriptionModules) {
    this.#modules = modules
    this.#subscribeTimer = setTimeout(() => this.#refuseAndClose(subscribeRequired()), SUBSCRIBE_WITHIN_MS)
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed) return
    try {
      const frame = subscriberFrames.read(this.#modules.socket.format.decode(data, isBinary))
      this.#modules.onFrame(frame.type)
      if (this.#isSubscribed)
        throw new RequestError('subscribe_repeated', 'Open another connection for another filter.')
      this.#isSubscribed = true
      clearTimeout(this.#subscribeTimer)
      void this.#run(frame)
    } catch (error) {
      this.#refuseAndClose(error, requestIdOf(data, isBinary))
    }
  }

  closeFor(reason: string): void {
    if (this.#isClosed) return
    this.#send({ type: 'drain', reason })
    this.#modules.socket.close(CLOSE_CODES.serviceRestart, reason)
    this.closed()
  }

  /** The subscriber has lost the authority that it subscribed with. */
  endFor(error: unknown): void {
    this.#refuseAndClose(error)
  }

  closed(): void {
    this.#isClosed = true
    clearTimeout(this.#subscribeTimer)
    this.#reader?.close()
  }

  async #run({ requestId, token, types, subject, since }: SubscribeFrame): Promise<void> {
    try {
      const cursor = since === undefined ? undefined : parseCursor(since)
      const swarm = await this.#modules.admit(token)
      if (this.#hasEnded) return
      this.#reader = swarm.events.reader(cursor, eventFilter(types, subject))
      if (requestId !== undefined) this.#send({ type: 'ack', requestId })
      await this.#pump(this.#reader, eventSource(swarm.scope))
      // The log ended before the socket did: the swarm was deleted, or is closed on this node.
      if (!this.#hasEnded) this.closeFor('the event log is closed')
    } catch (error) {
      this.#refuseAndClose(error, requestId)
    }
  }

  async #pump(reader: EventReader, source: string): Promise<void> {
    const { socket, onSent } = this.#modules
    for (let items = await reader.next(READ_MAX); items.length > 0; items = await reader.next(READ_MAX)) {
      for (const item of items) socket.sendFramed(streamFrame(item, source, socket.format))
      onSent(items.length)
      if (socket.bufferedBytes > BUFFERED_BYTES_HIGH) await socket.flushed()
    }
  }

  #refuseAndClose(error: unknown, requestId?: RequestId): void {
    if (this.#isClosed) return
    const problem = problemOf(error)
    if (problem.code === 'internal_error') this.#modules.logger.error({ err: error }, 'event stream failed')
    this.#send(errorFrame(problem, requestId))
    this.#modules.socket.close(closeCodeFor(problem.code, problem.status), problem.title)
    this.closed()
  }

  #send(frame: StreamFrame): void {
    this.#modules.socket.send(frame)
  }

  // Asked for again after an `await`, which the compiler does not know to change it.
  get #hasEnded(): boolean {
    return this.#isClosed
  }
}

function subscribeRequired(): RequestError {
  return new RequestError('hello_required', 'The first frame must be `subscribe`, within 5 seconds.')
}
