export interface SseMessage {
  /** `message` where the server named none. */
  readonly event: string
  readonly data: string
}

/** Takes a `text/event-stream` apart, however its bytes were cut; comments, ids and retry times are left out. */
export class SseParser {
  #rest = ''
  #event = ''
  #data: string[] = []

  /** The messages that `text` completes. */
  push(text: string): SseMessage[] {
    const messages: SseMessage[] = []
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line !== '') {
        this.#take(line)
        continue
      }
      if (this.#data.length > 0)
        messages.push({ event: this.#event || 'message', data: this.#data.join('\n') })
      this.#event = ''
      this.#data = []
    }
    return messages
  }

  #take(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
  }
}
