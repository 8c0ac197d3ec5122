import type { Hasher } from './hasher.ts'
import type { KeyMaker } from './key-maker.ts'
import type { SignatureVerifier } from './signature-verifier.ts'

/** What the hub needs to take part in consensus: it checks signatures, and signs for agents without keys. */
export interface ConsensusCrypto {
  readonly hasher: Hasher
  readonly verifier: SignatureVerifier
  readonly keys: KeyMaker
}
