import type { AgentId } from '../model/ids.ts'
import { saysTheSame } from './ballot-box.ts'
import { ballotDefect } from './decision-value.ts'
import type { DecisionInstance } from './instance.ts'
import type { SignatureVerifier } from './ports/signature-verifier.ts'
import { signBytes } from './sign-bytes.ts'
import type { SignedStatement } from './signed-messages.ts'

/** Two statements by one voter for one slot that cannot both be honest. Proves itself to whoever knows the instance. */
export interface Equivocation {
  readonly voter: AgentId
  readonly first: SignedStatement
  readonly second: SignedStatement
}

export function equivocationOf(first: SignedStatement, second: SignedStatement): Equivocation {
  return { voter: first.voter, first: statementOf(first), second: statementOf(second) }
}

/**
 * Whether two statements of one voter stand for one slot and differ in what was signed. Different signatures under the
 * same words are none: their owner can make many.
 */
export function contradicts(first: SignedStatement, second: SignedStatement): boolean {
  if (first.kind === 'ballot' || second.kind === 'ballot') {
    return first.kind === 'ballot' && second.kind === 'ballot' && !saysTheSame(first, second)
  }
  if (first.kind !== second.kind || first.round !== second.round) return false
  return first.valueId !== second.valueId || first.validRound !== second.validRound
}

/** True only where both signatures are the voter's own and the statements contradict each other. */
export function provesEquivocation(
  instance: DecisionInstance,
  { voter, first, second }: Equivocation,
  verifier: SignatureVerifier,
): boolean {
  const key = instance.electorate.byId.get(voter)?.publicKey
  if (key === undefined || first.voter !== voter || second.voter !== voter) return false
  if (!contradicts(first, second)) return false
  return [first, second].every((statement) => {
    if (statement.kind === 'ballot' && ballotDefect(instance, statement) !== undefined) return false
    return verifier.verify(key, signBytes(instance, statement), statement.signature)
  })
}

function statementOf(message: SignedStatement): SignedStatement {
  if (message.kind !== 'nomination') return message
  const { kind, voter, round, validRound, valueId, signature } = message
  return { kind, voter, round, validRound, valueId, signature }
}
