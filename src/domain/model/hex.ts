declare const brand: unique symbol
type HexText<Name extends string> = string & { readonly [brand]: Name }

/** A SHA-256 digest: 64 lower-case hex digits. Kept as text so that equal values are `===` and fit into maps. */
export type Hash = HexText<'Hash'>
/** An Ed25519 public key: 64 lower-case hex digits. */
export type PublicKey = HexText<'PublicKey'>
/** An Ed25519 signature: 128 lower-case hex digits. */
export type Signature = HexText<'Signature'>

const HASH_BYTES = 32
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

export const isHash = (raw: unknown): raw is Hash => isHexOf(raw, HASH_BYTES)
export const isPublicKey = (raw: unknown): raw is PublicKey => isHexOf(raw, PUBLIC_KEY_BYTES)
export const isSignature = (raw: unknown): raw is Signature => isHexOf(raw, SIGNATURE_BYTES)

/** @throws RangeError when the text does not fit. */
export function hash(raw: string): Hash {
  if (!isHash(raw)) throw new RangeError('a hash is 64 lower-case hex digits')
  return raw
}

/** @throws RangeError when the text does not fit. */
export function publicKey(raw: string): PublicKey {
  if (!isPublicKey(raw)) throw new RangeError('a public key is 64 lower-case hex digits')
  return raw
}

/** @throws RangeError when the text does not fit. */
export function signature(raw: string): Signature {
  if (!isSignature(raw)) throw new RangeError('a signature is 128 lower-case hex digits')
  return raw
}

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function bytesToHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX_OF_BYTE[byte] ?? ''
  return text
}

/** Of text that is known to be lower-case hex, such as a {@link Hash}. */
export function hexToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = (digitAt(text, 2 * at) << 4) | digitAt(text, 2 * at + 1)
  }
  return bytes
}

/** By character codes: this runs for every signature that is checked. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 0x3a ? code - 0x30 : code - 0x57
}

function isHexOf(raw: unknown, byteCount: number): boolean {
  return typeof raw === 'string' && raw.length === 2 * byteCount && /^[0-9a-f]*$/.test(raw)
}
