/** A message as it goes over the wire: made once for all the sockets it is sent to. */
export interface FramedMessage {
  readonly isBinary: boolean
  readonly data: Buffer
  /** Header and data. */
  readonly wire: Buffer
}

export function frameMessage(message: string | Buffer, isBinary: boolean): FramedMessage {
  const length = Buffer.byteLength(message)
  const start = headerLength(length)
  const wire = Buffer.allocUnsafe(start + length)
  writeHeader(wire, length, isBinary)
  if (typeof message === 'string') wire.write(message, start)
  else message.copy(wire, start)
  return { isBinary, data: wire.subarray(start), wire }
}

const FIN = 0x80
const OPCODE_TEXT = 0x1
const OPCODE_BINARY = 0x2
const LENGTH_16 = 126
const LENGTH_64 = 127

function headerLength(length: number): number {
  if (length < LENGTH_16) return 2
  return length <= 0xffff ? 4 : 10
}

/** The header of an unmasked, unfragmented data frame: RFC 6455 §5.2. */
function writeHeader(wire: Buffer, length: number, isBinary: boolean): void {
  wire[0] = FIN | (isBinary ? OPCODE_BINARY : OPCODE_TEXT)
  if (length < LENGTH_16) {
    wire[1] = length
  } else if (length <= 0xffff) {
    wire[1] = LENGTH_16
    wire.writeUInt16BE(length, 2)
  } else {
    wire[1] = LENGTH_64
    wire.writeBigUInt64BE(BigInt(length), 2)
  }
}
