import { jsonText } from '#domain/ids.ts'
import type { RecordKind, RecordValues } from '#domain/ports/records.ts'

export interface RecordHeader {
  readonly version: number
  readonly isOpen: boolean
}

/** Flags in byte 0, the version in bytes 2 to 7, then the value as UTF-8 text. */
const HEADER_BYTES = 8
const VERSION_OFFSET = 2
const VERSION_BYTES = 6
const OPEN_FLAG = 1

const FIRST_CAPACITY = 64 * 1_024
const UTF8_BYTES_PER_UNIT_MAX = 3

/** What a value is stored as. Payloads and results are JSON text already and stay what they came as. */
export function textOf(kind: RecordKind, value: RecordValues[RecordKind]): string {
  return isText(kind) ? (value as RecordValues['payload']) : JSON.stringify(value)
}

export function decodeHeader(bytes: Buffer): RecordHeader {
  return {
    version: bytes.readUIntBE(VERSION_OFFSET, VERSION_BYTES),
    isOpen: (bytes.readUInt8(0) & OPEN_FLAG) !== 0,
  }
}

export function decodeValue<K extends RecordKind>(kind: K, bytes: Buffer): RecordValues[K] {
  const text = bytes.toString('utf8', HEADER_BYTES, bytes.length)
  return (isText(kind) ? jsonText(text) : JSON.parse(text)) as RecordValues[K]
}

function isText(kind: RecordKind): boolean {
  return kind === 'payload' || kind === 'result'
}

/** Encodes into one buffer over and over: LMDB copies what it is given before the next call. */
export class ScratchEncoder {
  #scratch = Buffer.allocUnsafeSlow(FIRST_CAPACITY)

  /** Good until the next call. */
  encodeRecord({ version, isOpen }: RecordHeader, text: string): Buffer {
    this.#reserve(HEADER_BYTES + text.length * UTF8_BYTES_PER_UNIT_MAX)
    this.#scratch.writeUInt16BE(isOpen ? OPEN_FLAG << 8 : 0, 0)
    this.#scratch.writeUIntBE(version, VERSION_OFFSET, VERSION_BYTES)
    return this.#scratch.subarray(0, HEADER_BYTES + this.#scratch.write(text, HEADER_BYTES, 'utf8'))
  }

  /** Good until the next call. */
  encodeText(text: string): Buffer {
    this.#reserve(text.length * UTF8_BYTES_PER_UNIT_MAX)
    return this.#scratch.subarray(0, this.#scratch.write(text, 0, 'utf8'))
  }

  #reserve(bytes: number): void {
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(2 * bytes)
  }
}
