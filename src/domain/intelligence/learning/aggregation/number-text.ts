import type { NumberFormat } from '../../../model/training-notice.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Uint8Array(128)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/** The numbers in a piece of a vector, which is kept as base64. */
export function readNumbers(text: string, format: NumberFormat): Float64Array {
  const bytes = fromBase64(text)
  if (format === 'float64') return new Float64Array(bytes.buffer)
  return Float64Array.from(new Float32Array(bytes.buffer))
}

export function writeNumbers(numbers: Float64Array, format: NumberFormat): string {
  const array = format === 'float64' ? numbers : Float32Array.from(numbers)
  return toBase64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const digit = (at: number): number => VALUES[text.charCodeAt(at)] ?? 0
  for (let at = 0, to = 0; at < text.length; at += 4, to += 3) {
    const bits = (digit(at) << 18) | (digit(at + 1) << 12) | (digit(at + 2) << 6) | digit(at + 3)
    bytes[to] = bits >> 16
    bytes[to + 1] = (bits >> 8) & 255
    bytes[to + 2] = bits & 255
  }
  return bytes
}

function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  for (let at = 0, to = 0; at < bytes.length; at += 3, to += 4) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    codes[to] = code(bits >> 18)
    codes[to + 1] = code((bits >> 12) & 63)
    codes[to + 2] = code((bits >> 6) & 63)
    codes[to + 3] = code(bits & 63)
  }
  const padding = (3 - (bytes.length % 3)) % 3
  codes.fill(PADDING, codes.length - padding)
  const parts: string[] = []
  for (let at = 0; at < codes.length; at += CODES_AT_ONCE)
    parts.push(String.fromCharCode(...codes.subarray(at, at + CODES_AT_ONCE)))
  return parts.join('')
}

const PADDING = '='.charCodeAt(0)
/** Arguments of one call; engines take some tens of thousands. */
const CODES_AT_ONCE = 8_192
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))

function code(value: number): number {
  return CODES[value] ?? 0
}
