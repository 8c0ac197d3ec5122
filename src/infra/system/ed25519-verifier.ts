import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import { publicKeyDefect } from '#domain/consensus/public-key.ts'
import type { PublicKey, Signature } from '#domain/model/hex.ts'

/** Keys kept ready: twenty electorates of fifty. */
const KEYS_MAX = 1_000

/**
 * Ed25519 by OpenSSL. Making a key object costs half as much as checking a signature with it, and a voter signs often:
 * the keys used last are kept.
 */
export class Ed25519Verifier implements SignatureVerifier {
  /** In the order of their last use; null for a text that is no acceptable key. */
  readonly #keys = new Map<PublicKey, KeyObject | null>()

  verify(publicKey: PublicKey, bytes: Uint8Array, signature: Signature): boolean {
    const key = this.#keyObject(publicKey)
    return key !== null && verify(null, bytes, key, Buffer.from(signature, 'hex'))
  }

  #keyObject(publicKey: PublicKey): KeyObject | null {
    const kept = this.#keys.get(publicKey)
    const key = kept === undefined ? importKey(publicKey) : kept
    this.#keys.delete(publicKey)
    this.#keys.set(publicKey, key)
    if (this.#keys.size > KEYS_MAX) {
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined) this.#keys.delete(oldest)
    }
    return key
  }
}

function importKey(publicKey: PublicKey): KeyObject | null {
  if (publicKeyDefect(publicKey) !== undefined) return null
  const x = Buffer.from(publicKey, 'hex').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
