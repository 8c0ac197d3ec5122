import type { SigningKey } from './signing-key.ts'

/** A key that can be kept: whoever has the secret votes as its owner. */
export interface HostedKey extends SigningKey {
  /** Text from which {@link KeyMaker.restore} makes the same key again. */
  readonly secret: string
}

/** Makes the keys that the hub holds for agents without one of their own. */
export interface KeyMaker {
  create(): HostedKey
  restore(secret: string): HostedKey
}
