import type { Scope } from '#domain/model/ids.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import { checksumOf } from '../record-checksum.ts'
import type { RecordTableKey } from './lmdb-tables.ts'

export interface RecordHeader {
  readonly version: number
  readonly isOpen: boolean
}

/** Every stored value begins with the checksum of its name and of all that follows. */
const CHECKSUM_BYTES = 4
/** Then, of a record: flags in one byte, the format in one, the version in six; and the value as UTF-8 text. */
const FLAGS_OFFSET = CHECKSUM_BYTES
const FORMAT_OFFSET = 5
const VERSION_OFFSET = 6
const VERSION_BYTES = 6
const RECORD_TEXT_OFFSET = 12
/** Of everything else: the format in one byte, and the text. */
const TEXT_OFFSET = 5

/** Format of a value. A reader refuses any other. */
const FORMAT = 1
const OPEN_FLAG = 1

const FIRST_CAPACITY = 64 * 1_024
const UTF8_BYTES_PER_UNIT_MAX = 3

/** The names under which values are checked: content found under another key does not match its checksum. */
export const recordName = ([scope, kind, id]: RecordTableKey): string => `${scope}/${kind}/${id}`
export const eventName = (scope: Scope, sequence: number): string => `${scope}/#${sequence}`
export const openName = (key: RecordTableKey): string => `open:${recordName(key)}`
export const metaName = (key: readonly string[]): string => `meta:${key.join('/')}`

/** Whether these are the very bytes that were stored under the name as a record. */
export function isWholeRecord(name: string, bytes: Buffer): boolean {
  return (
    bytes.length >= RECORD_TEXT_OFFSET && bytes.readUInt8(FORMAT_OFFSET) === FORMAT && matches(name, bytes)
  )
}

/** The same of an event, or an entry of `meta`. */
export function isWholeText(name: string, bytes: Buffer): boolean {
  return bytes.length >= TEXT_OFFSET && bytes.readUInt8(CHECKSUM_BYTES) === FORMAT && matches(name, bytes)
}

/** The same of an entry in the index of open records. */
export function isWholeMark(name: string, bytes: Buffer): boolean {
  return bytes.length === CHECKSUM_BYTES && matches(name, bytes)
}

function matches(name: string, bytes: Buffer): boolean {
  return bytes.readUInt32BE(0) === checksumOf(name, bytes.subarray(CHECKSUM_BYTES))
}

export function decodeHeader(bytes: Buffer): RecordHeader {
  return {
    version: bytes.readUIntBE(VERSION_OFFSET, VERSION_BYTES),
    isOpen: (bytes.readUInt8(FLAGS_OFFSET) & OPEN_FLAG) !== 0,
  }
}

export function decodeValue<V>({ kind, id }: RecordKey<V>, bytes: Buffer): V {
  return kind.codec.decode(bytes.toString('utf8', RECORD_TEXT_OFFSET, bytes.length), id)
}

export function decodeText(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8', TEXT_OFFSET, bytes.length))
}

/** Encodes into one buffer over and over: LMDB copies what it is given before the next call. */
export class ScratchEncoder {
  #scratch = Buffer.allocUnsafeSlow(FIRST_CAPACITY)

  /** Good until the next call. */
  encodeRecord(name: string, { version, isOpen }: RecordHeader, text: string): Buffer {
    this.#reserve(RECORD_TEXT_OFFSET + text.length * UTF8_BYTES_PER_UNIT_MAX)
    this.#scratch[FLAGS_OFFSET] = isOpen ? OPEN_FLAG : 0
    this.#scratch[FORMAT_OFFSET] = FORMAT
    this.#scratch.writeUIntBE(version, VERSION_OFFSET, VERSION_BYTES)
    return this.#seal(name, RECORD_TEXT_OFFSET + this.#scratch.write(text, RECORD_TEXT_OFFSET, 'utf8'))
  }

  /** Good until the next call. */
  encodeText(name: string, text: string): Buffer {
    this.#reserve(TEXT_OFFSET + text.length * UTF8_BYTES_PER_UNIT_MAX)
    this.#scratch[CHECKSUM_BYTES] = FORMAT
    return this.#seal(name, TEXT_OFFSET + this.#scratch.write(text, TEXT_OFFSET, 'utf8'))
  }

  /** Good until the next call. */
  encodeMark(name: string): Buffer {
    return this.#seal(name, CHECKSUM_BYTES)
  }

  #seal(name: string, length: number): Buffer {
    const bytes = this.#scratch.subarray(0, length)
    bytes.writeUInt32BE(checksumOf(name, bytes.subarray(CHECKSUM_BYTES)), 0)
    return bytes
  }

  #reserve(bytes: number): void {
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(2 * bytes)
  }
}
