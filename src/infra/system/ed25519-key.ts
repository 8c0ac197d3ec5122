import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import { type PublicKey, publicKey, type Signature, signature } from '#domain/model/hex.ts'

/** An Ed25519 private key in this process. */
export class Ed25519Key implements SigningKey {
  readonly publicKey: PublicKey
  readonly #privateKey: KeyObject

  constructor(privateKey: KeyObject) {
    const { crv, x } = privateKey.export({ format: 'jwk' })
    if (crv !== 'Ed25519' || x === undefined) throw new RangeError('not an Ed25519 private key')
    this.publicKey = publicKey(Buffer.from(x, 'base64url').toString('hex'))
    this.#privateKey = privateKey
  }

  static generate(): Ed25519Key {
    return new Ed25519Key(generateKeyPairSync('ed25519').privateKey)
  }

  /** @param pem PKCS #8, as {@link toPem} gives it. */
  static fromPem(pem: string): Ed25519Key {
    return new Ed25519Key(createPrivateKey(pem))
  }

  sign(bytes: Uint8Array): Signature {
    return signature(sign(null, bytes, this.#privateKey).toString('hex'))
  }

  /** Secret: whoever has it votes as the agent. */
  toPem(): string {
    return this.#privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
}
