import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { FramedMessage } from './framed-message.ts'
import { MessageRun } from './message-run.ts'

/** What one socket is sent in one turn is written earlier than at its end from so many bytes on. */
const GATHERED_BYTES_MAX = 64 * 1024

/** This turn's writers, and where their runs begin. */
let waiting: SocketWriter[] = []
let start = MessageRun.empty()

/**
 * Writes messages to one WebSocket: all of one turn of the event loop at its end, in one piece. Many small writes would
 * cost more than all else that is done for them.
 */
export class SocketWriter {
  readonly #socket: WebSocket
  /** What is not written yet; undefined while the writer does not wait for the end of the turn. */
  #run: MessageRun | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Bytes that have not left this process. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount + (this.#run?.byteLength ?? 0)
  }

  write(message: FramedMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    if (this.#run === undefined) {
      if (waiting.length === 0) setImmediate(SocketWriter.#endTurn)
      waiting.push(this)
      this.#run = start
    }
    this.#run = this.#run.with(message)
    if (this.#run.byteLength >= GATHERED_BYTES_MAX) this.flush()
  }

  /** To be called before anything that goes past this writer and must come after what was written. */
  flush(): void {
    const run = this.#run
    if (run === undefined || run === start) return
    this.#run = start
    // The peer may have closed in the meantime: after its close frame nothing may follow.
    if (this.#socket.readyState === WebSocket.OPEN) writeRun(this.#socket, run)
  }

  static #endTurn(): void {
    const writers = waiting
    for (const writer of writers) {
      writer.flush()
      writer.#run = undefined
    }
    waiting = []
    start = MessageRun.empty()
  }
}

/** Past `ws`, which must have nothing on its way: our sockets never compress, so that nothing ever is. */
function writeRun(socket: WebSocket, run: MessageRun): void {
  const tcp = tcpSocket(socket)
  if (tcp !== undefined) tcp.write(run.wire)
  else for (const { data, isBinary } of run.messages) socket.send(data, { binary: isBinary })
}

/**
 * The one place that knows a private part of `ws` (8.23): the TCP socket under a WebSocket. Where it is not found
 * everything still works, by `ws.send` alone.
 */
function tcpSocket(socket: WebSocket): Socket | undefined {
  return (socket as unknown as { readonly _socket?: Socket | null })._socket ?? undefined
}
