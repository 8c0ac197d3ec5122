import type { PublicKey, Signature } from '../../model/hex.ts'

/**
 * A private key that never leaves its adapter. Nothing but `VoteSigner` may call `sign` with the bytes of a ballot or a
 * vote: it alone remembers what was signed before.
 */
export interface SigningKey {
  readonly publicKey: PublicKey
  sign(bytes: Uint8Array): Signature
}
