import { hexToBytes, isPublicKey } from '../model/hex.ts'

export type PublicKeyDefect = 'malformed' | 'non_canonical' | 'small_order'

/**
 * Why a text cannot be an Ed25519 public key that anyone may vote with; undefined where it can.
 *
 * A key of small order has signatures that fit many messages, made by nobody; a second spelling of a key would let one
 * key stand in an electorate twice. OpenSSL accepts some of both. That the key is a point of the curve at all is left to
 * the proof of possession, which only a real key's owner can give.
 */
export function publicKeyDefect(raw: unknown): PublicKeyDefect | undefined {
  if (!isPublicKey(raw)) return 'malformed'
  const y = yCoordinate(hexToBytes(raw))
  if (y >= FIELD_PRIME) return 'non_canonical'
  return SMALL_ORDER_Y.has(y) ? 'small_order' : undefined
}

/** 2^255 − 19 (RFC 8032, section 5.1). */
const FIELD_PRIME = 2n ** 255n - 19n

/**
 * The y of the eight points whose order divides 8: the neutral point, the one of order 2, two of order 4 (y = 0) and
 * four of order 8. The sign of x does not matter: both signs are of small order, or are no point.
 */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  1n,
  FIELD_PRIME - 1n,
  0n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
])

/** Little-endian, without the topmost bit: that is the sign of x. */
function yCoordinate(encoded: Uint8Array): bigint {
  let y = 0n
  for (let at = encoded.length - 1; at >= 0; at -= 1) y = (y << 8n) | BigInt(encoded[at] ?? 0)
  return y & (2n ** 255n - 1n)
}
