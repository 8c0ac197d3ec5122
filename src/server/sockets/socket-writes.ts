import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/**
 * The one place that knows a private part of `ws` (8.23): the TCP socket under a WebSocket. Where it is not found
 * everything still works, by `ws.send` alone.
 */
function tcpSocket(socket: WebSocket): Socket | undefined {
  return (socket as unknown as { readonly _socket?: Socket | null })._socket ?? undefined
}

const corked = new Set<Socket>()

/** Holds what is written to the socket back until the end of this turn of the event loop, then writes it at once. */
export function gatherWrites(socket: WebSocket): void {
  const tcp = tcpSocket(socket)
  if (tcp === undefined || corked.has(tcp)) return
  if (corked.size === 0) setImmediate(uncorkAll)
  tcp.cork()
  corked.add(tcp)
}

function uncorkAll(): void {
  for (const tcp of corked) tcp.uncork()
  corked.clear()
}

/** A message as it goes over the wire: made once for all the sockets it is sent to. */
export interface FramedMessage {
  readonly isBinary: boolean
  readonly data: Buffer
  /** Header and data. */
  readonly wire: Buffer
}

export function frameMessage(data: Buffer, isBinary: boolean): FramedMessage {
  return { isBinary, data, wire: Buffer.concat([frameHeader(data.length, isBinary), data]) }
}

/** Messages that are sent one behind the other, in one piece. */
export interface FramedRun {
  readonly messages: readonly FramedMessage[]
  readonly wire: Buffer
}

export function joinFramed(messages: readonly FramedMessage[]): FramedRun {
  return { messages, wire: Buffer.concat(messages.map(({ wire }) => wire)) }
}

/** As {@link sendFramed}: many small writes would cost more than all else that is done for them. */
export function sendFramedRun(socket: WebSocket, { messages, wire }: FramedRun): void {
  if (socket.readyState !== WebSocket.OPEN) return
  const tcp = tcpSocket(socket)
  if (tcp === undefined) for (const message of messages) sendFramed(socket, message)
  else tcp.write(wire)
}

/** Writes past `ws`, which must have nothing on its way: our sockets never compress, so that nothing ever is. */
export function sendFramed(socket: WebSocket, { isBinary, data, wire }: FramedMessage): void {
  if (socket.readyState !== WebSocket.OPEN) return
  const tcp = tcpSocket(socket)
  if (tcp === undefined) socket.send(data, { binary: isBinary })
  else tcp.write(wire)
}

const FIN = 0x80
const OPCODE_TEXT = 0x1
const OPCODE_BINARY = 0x2
const LENGTH_16 = 126
const LENGTH_64 = 127

/** The header of an unmasked, unfragmented data frame: RFC 6455 §5.2. */
function frameHeader(length: number, isBinary: boolean): Buffer {
  const first = FIN | (isBinary ? OPCODE_BINARY : OPCODE_TEXT)
  if (length < LENGTH_16) return Buffer.from([first, length])
  if (length <= 0xffff) {
    const header = Buffer.from([first, LENGTH_16, 0, 0])
    header.writeUInt16BE(length, 2)
    return header
  }
  const header = Buffer.alloc(10)
  header[0] = first
  header[1] = LENGTH_64
  header.writeUIntBE(length, 4, 6)
  return header
}
