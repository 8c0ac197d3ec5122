import type { Hash } from '../../model/hex.ts'

/** SHA-256, as the protocol may know it. Deterministic and synchronous. */
export interface Hasher {
  sha256(bytes: Uint8Array): Hash
}
