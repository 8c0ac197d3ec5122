import type { PublicKey, Signature } from '../../model/hex.ts'

/**
 * Checks signatures: Ed25519 in earnest, a toy in simulations.
 *
 * Every adapter owes: the same answer for the same arguments; `false`, never a throw, for a key that is no point of the
 * curve, is not canonical or is of small order (such a key would accept signatures that nobody made).
 */
export interface SignatureVerifier {
  verify(key: PublicKey, bytes: Uint8Array, signature: Signature): boolean
}
