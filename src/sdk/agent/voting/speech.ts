import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'

/**
 * What leaves the process in place of a word of its own voter. For agents that are to lie, in tests and the demo: with
 * the key it can sign what the record knows nothing of, and is caught and quarantined for it.
 */
export type Speech = (
  message: SignedMessage,
  instance: DecisionInstance,
  key: SigningKey,
) => readonly SignedMessage[]
