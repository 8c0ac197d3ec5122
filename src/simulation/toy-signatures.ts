import { createHash } from 'node:crypto'
import type { ConsensusCrypto } from '#domain/consensus/ports/consensus-crypto.ts'
import type { HostedKey } from '#domain/consensus/ports/key-maker.ts'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import { publicKeyDefect } from '#domain/consensus/public-key.ts'
import { type PublicKey, publicKey, type Signature, signature } from '#domain/model/hex.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'

/**
 * Signatures for simulations, thirty times as fast as real ones: a hash of the public key and the bytes. Anybody could
 * make them, and no simulated voter makes another's; a signature under other bytes or another key is refused all the same.
 */
export const toyVerifier: SignatureVerifier = {
  verify: (key, bytes, given) => publicKeyDefect(key) === undefined && toySignature(key, bytes) === given,
}

/** The same key for the same name. */
export function toyKey(name: string): SigningKey {
  const key = publicKey(createHash('sha256').update(`toy key of ${name}`).digest('hex'))
  return { publicKey: key, sign: (bytes) => toySignature(key, bytes) }
}

/** For nodes under a simulated clock; the same keys in the same order each time. */
export function toyConsensusCrypto(): ConsensusCrypto {
  let keysMade = 0
  return {
    hasher: sha256Hasher,
    verifier: toyVerifier,
    keys: {
      create: () => {
        keysMade += 1
        return hosted(`hosted ${keysMade}`)
      },
      restore: hosted,
    },
  }
}

function hosted(secret: string): HostedKey {
  return { ...toyKey(secret), secret }
}

function toySignature(key: PublicKey, bytes: Uint8Array): Signature {
  return signature(createHash('sha512').update(key).update(bytes).digest('hex'))
}
