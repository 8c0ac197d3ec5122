import type { FramedMessage } from './framed-message.ts'

/**
 * Messages one behind the other. Runs are a tree: whoever appends the same message to the same run gets the same run,
 * so that a hundred sockets that are sent the same have its bytes joined once.
 */
export class MessageRun {
  readonly byteLength: number
  readonly before: MessageRun | undefined
  readonly last: FramedMessage | undefined
  #next: MessageRun | undefined
  #others: Map<FramedMessage, MessageRun> | undefined
  #wire: Buffer | undefined

  private constructor(before?: MessageRun, last?: FramedMessage) {
    this.before = before
    this.last = last
    this.byteLength = (before?.byteLength ?? 0) + (last?.wire.length ?? 0)
  }

  static empty(): MessageRun {
    return new MessageRun()
  }

  with(message: FramedMessage): MessageRun {
    // Mostly all go on with the same message, or there is one socket only.
    this.#next ??= new MessageRun(this, message)
    if (this.#next.last === message) return this.#next
    this.#others ??= new Map()
    let run = this.#others.get(message)
    if (run === undefined) {
      run = new MessageRun(this, message)
      this.#others.set(message, run)
    }
    return run
  }

  get messages(): readonly FramedMessage[] {
    const messages: FramedMessage[] = []
    let { before, last } = this
    while (before !== undefined && last !== undefined) {
      messages.push(last)
      ;({ before, last } = before)
    }
    return messages.toReversed()
  }

  /** The bytes of all messages. */
  get wire(): Buffer {
    this.#wire ??= this.#join()
    return this.#wire
  }

  #join(): Buffer {
    const parts = this.messages.map(({ wire }) => wire)
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, this.byteLength)
  }
}
