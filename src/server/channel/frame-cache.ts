import { type FrameFormat, MSGPACK_FORMAT } from '../sockets/frame-format.ts'
import type { FramedMessage } from '../sockets/framed-message.ts'

/** The frames of deliveries that go to many connections, for as long as somebody still has the delivery. */
export class FrameCache<D extends object> {
  readonly #build: (delivery: D, format: FrameFormat) => FramedMessage
  readonly #json = new WeakMap<D, FramedMessage>()
  readonly #msgpack = new WeakMap<D, FramedMessage>()

  constructor(build: (delivery: D, format: FrameFormat) => FramedMessage) {
    this.#build = build
  }

  /** Made once in each format. */
  of(delivery: D, format: FrameFormat): FramedMessage {
    const frames = format === MSGPACK_FORMAT ? this.#msgpack : this.#json
    const known = frames.get(delivery)
    if (known !== undefined) return known
    const built = this.#build(delivery, format)
    frames.set(delivery, built)
    return built
  }
}
