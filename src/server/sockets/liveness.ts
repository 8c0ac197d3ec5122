import type { FrameSocket } from './frame-socket.ts'

const PING_EVERY_MS = 15_000
const MISSES_MAX = 2
/** The sockets are pinged in this many groups, one after the other, so that thousands are not all pinged at once. */
const GROUPS = 15

/** Pings every WebSocket and ends those that do not answer. */
export class SocketLiveness {
  readonly #groups = Array.from({ length: GROUPS }, () => new Set<FrameSocket>())
  #turn = 0
  #timer: NodeJS.Timeout | undefined

  start(): void {
    this.#timer = setInterval(() => this.#pingNextGroup(), PING_EVERY_MS / GROUPS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The returned function ends the watch. */
  watch(socket: FrameSocket): () => void {
    const smallest = this.#groups.reduce((a, b) => (b.size < a.size ? b : a))
    smallest.add(socket)
    return () => smallest.delete(socket)
  }

  #pingNextGroup(): void {
    for (const socket of this.#groups[this.#turn] ?? []) {
      if (socket.ping() >= MISSES_MAX) socket.terminate()
    }
    this.#turn = (this.#turn + 1) % GROUPS
  }
}
