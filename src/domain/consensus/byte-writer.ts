import { assert } from '../model/errors.ts'
import { utf8 } from './utf8.ts'

/**
 * Writes the canonical bytes that are hashed and signed; `docs/decision-certificate.md` is their specification.
 *
 * Every field has a fixed width or is preceded by its length, so that no two different lists of fields give the same
 * bytes.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(prefix: Uint8Array = new Uint8Array()) {
    this.#bytes = new Uint8Array(Math.max(256, 2 * prefix.length))
    this.#append(prefix)
  }

  /** Eight bytes, big-endian, two's complement. */
  int(value: number): this {
    assert(Number.isSafeInteger(value), 'a signed number is a safe integer')
    this.#reserve(8)
    const view = new DataView(this.#bytes.buffer)
    view.setInt32(this.#length, Math.floor(value / 0x1_0000_0000))
    view.setUint32(this.#length + 4, value >>> 0)
    this.#length += 8
    return this
  }

  /** Four bytes of length, big-endian, then the bytes. */
  bytes(value: Uint8Array): this {
    this.#reserve(4)
    new DataView(this.#bytes.buffer).setUint32(this.#length, value.length)
    this.#length += 4
    return this.#append(value)
  }

  /** As {@link bytes}, of the text's UTF-8. */
  text(value: string): this {
    return this.bytes(utf8(value))
  }

  /** `int(0)` where there is none, `int(1)` and the text where there is one. */
  optionalText(value: string | undefined): this {
    return value === undefined ? this.int(0) : this.int(1).text(value)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #append(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
