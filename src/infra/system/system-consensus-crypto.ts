import type { ConsensusCrypto } from '#domain/consensus/ports/consensus-crypto.ts'
import type { HostedKey } from '#domain/consensus/ports/key-maker.ts'
import { Ed25519Key } from './ed25519-key.ts'
import { Ed25519Verifier } from './ed25519-verifier.ts'
import { sha256Hasher } from './sha256-hasher.ts'

/** Ed25519 and SHA-256 by OpenSSL. */
export function createConsensusCrypto(): ConsensusCrypto {
  return {
    hasher: sha256Hasher,
    verifier: new Ed25519Verifier(),
    keys: {
      create: () => hosted(Ed25519Key.generate()),
      restore: (secret) => hosted(Ed25519Key.fromPem(secret)),
    },
  }
}

function hosted(key: Ed25519Key): HostedKey {
  return { publicKey: key.publicKey, secret: key.toPem(), sign: (bytes) => key.sign(bytes) }
}
