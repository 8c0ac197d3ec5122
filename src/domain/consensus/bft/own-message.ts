import type { SignedMessage } from '../signed-messages.ts'
import type { BftInput } from './bft-state.ts'

/** A voter's own message as it comes back to it. It needs no check: it was made, and just signed, by this very code. */
export function ownInput(message: SignedMessage): BftInput {
  switch (message.kind) {
    case 'ballot':
      return { type: 'ballot', ballot: message }
    case 'nomination':
      return { type: 'nomination', nomination: { message, isValid: true, isProven: true } }
    case 'prevote':
    case 'precommit':
      return { type: 'vote', vote: message }
    default:
      return message satisfies never
  }
}
