import { bytesToHex, type PublicKey, type Signature } from '#domain/consensus/hex.ts'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'

/** Signs by repeating what it signs, under a name that nobody keeps secret. */
export function toyKey(name: string): SigningKey {
  return {
    publicKey: name as PublicKey,
    sign: (bytes) => `${name}:${bytesToHex(bytes)}` as Signature,
  }
}

export const toyVerifier: SignatureVerifier = {
  verify: (key, bytes, signature) => signature === `${key}:${bytesToHex(bytes)}`,
}
