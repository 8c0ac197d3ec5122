import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import { ABSTAIN } from '#domain/consensus/proposal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, UnsignedMessage } from '#domain/consensus/signed-messages.ts'
import type { Speech } from '#sdk/agent/voting/speech.ts'

export const LIES = [
  /** Two ballots, two nominations, two votes for every slot. */
  'equivocates',
  /** As proposer leaves ballots out, so that they add up to something else; and votes twice. */
  'misstates',
] as const
export type Lie = (typeof LIES)[number]

/** An agent that breaks the rules of the agreement, to see that it does no harm. */
export function speechOf(lie: Lie): Speech {
  return (message, instance, key) => {
    const pen = penOf(key, instance)
    if (message.kind === 'nomination')
      return [...(lie === 'equivocates' ? [message] : []), misstated(message, pen)]
    if (message.kind === 'ballot' && lie === 'misstates') return [message]
    return [message, contradiction(message, instance, pen)]
  }
}

/** Signs without a look at what was signed before. */
type Pen = <M extends UnsignedMessage>(message: M) => M & Pick<SignedMessage, 'signature'>

function penOf(key: SigningKey, instance: DecisionInstance): Pen {
  return (message) => ({ ...message, signature: key.sign(signBytes(instance, message)) })
}

/** Another statement for the same slot. */
function contradiction(message: SignedMessage, instance: DecisionInstance, pen: Pen): SignedMessage {
  const { signature: _, ...said } = message
  if (said.kind === 'ballot') {
    const other = instance.proposal.options.find((option) => option !== said.choice) ?? ABSTAIN
    return pen({ ...said, choice: other })
  }
  if (said.kind === 'nomination') return misstated(message, pen)
  // For a value that does not exist, or for none where it was for one.
  return pen({ ...said, validRound: -1, valueId: said.valueId === null ? instance.proposalHash : null })
}

/** The first ballot is left out; the id still is that of all of them. */
function misstated(message: SignedMessage, pen: Pen): SignedMessage {
  if (message.kind !== 'nomination') return message
  const { signature: _, ...said } = message
  return pen({ ...said, value: { ...said.value, ballots: said.value.ballots.slice(1) } })
}
