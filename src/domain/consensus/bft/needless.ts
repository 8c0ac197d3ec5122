import type { SignedMessage } from '../signed-messages.ts'
import type { BftState } from './bft-state.ts'
import { isQuorum } from './quorum.ts'
import { messagesOf } from './vote-keeper.ts'

/**
 * Whether a voter has no use for a message: it has decided, or holds a quorum of such votes for this value in this round
 * already. Then its signature need not be checked, which costs more than all else a voter does; the hub, which looks out
 * for contradictions, checks it all the same.
 */
export function isNeedless({ certificate, keeper, instance }: BftState, message: SignedMessage): boolean {
  if (certificate !== null) return true
  if (message.kind !== 'prevote' && message.kind !== 'precommit') return false
  const { prevotes, precommits } = messagesOf(keeper, message.round)
  const { weightByValue } = message.kind === 'prevote' ? prevotes : precommits
  return isQuorum(weightByValue.get(message.valueId) ?? 0, instance.electorate.totalWeight)
}
