import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, UnsignedMessage } from '#domain/consensus/signed-messages.ts'

/** Signs whatever it is given, without a look at what was signed before. */
export type Pen = <M extends UnsignedMessage>(message: M) => M & Pick<SignedMessage, 'signature'>

/**
 * What leaves the process in place of a word of its own voter. For agents that are to lie, in tests and the demo: one
 * that uses it is caught and quarantined.
 */
export type Speech = (
  message: SignedMessage,
  instance: DecisionInstance,
  pen: Pen,
) => readonly SignedMessage[]

export function penOf(key: SigningKey, instance: DecisionInstance): Pen {
  return (message) => ({ ...message, signature: key.sign(signBytes(instance, message)) })
}
