import { hexToBytes } from '../model/hex.ts'
import { compareBallots, saysTheSame } from './ballot-box.ts'
import { ByteWriter } from './byte-writer.ts'
import type { DecisionInstance } from './instance.ts'
import type { Hasher } from './ports/hasher.ts'
import { ABSTAIN } from './proposal.ts'
import type { DecisionValue, SignedBallot, ValueId } from './signed-messages.ts'
import { tally } from './tally.ts'
import { isPlainText } from './utf8.ts'

export const REASON_BYTES_MAX = 1_000

/** The paper's id(v). The ballots' signatures are part of it: what was agreed on is these very bytes. */
export function valueIdOf(value: DecisionValue, hasher: Hasher): ValueId {
  const writer = new ByteWriter().text('amos-swarm/value/1').text(value.ending).int(value.ballots.length)
  for (const { voter, choice, reason, signature } of value.ballots) {
    writer.text(voter).text(choice).optionalText(reason).bytes(hexToBytes(signature))
  }
  return hasher.sha256(writer.finish())
}

/**
 * Why a value is not valid; undefined where it is: the paper's valid(v) of lines 23, 29, 36 and 50.
 *
 * It depends on the value and the instance alone. A check that two honest voters could answer differently (the time,
 * which ballots one holds) would let a locked value turn invalid for some of them, and the agreement stand still.
 */
export function valueDefect(
  instance: DecisionInstance,
  value: DecisionValue,
  isGenuine: (ballot: SignedBallot) => boolean,
): string | undefined {
  const { proposal, electorate } = instance
  // First what is cheap: nobody should have to check the signatures of a list that is too long.
  if (value.ballots.length > 2 * electorate.voters.length) return 'more ballots than two for each voter'
  const defect =
    orderDefect(value.ballots) ?? firstDefect(value.ballots, (ballot) => ballotDefect(instance, ballot))
  if (defect !== undefined) return defect
  const isConclusive = tally(proposal, electorate, value.ballots).outcome.verdict !== 'inconclusive'
  if (isConclusive !== (value.ending === 'tally')) return `the ballots do not fit the ending ${value.ending}`
  return firstDefect(value.ballots, (ballot) =>
    isGenuine(ballot) ? undefined : 'a ballot is not by its voter',
  )
}

/** Why a ballot cannot count, its signature aside; undefined where it can. */
export function ballotDefect(
  { proposal, electorate }: DecisionInstance,
  { voter, choice, reason }: Pick<SignedBallot, 'voter' | 'choice' | 'reason'>,
): string | undefined {
  if (!electorate.byId.has(voter)) return 'a ballot is by no voter'
  if (choice !== ABSTAIN && !proposal.options.includes(choice)) return 'a ballot is for no option'
  if (reason !== undefined && !isPlainText(reason, REASON_BYTES_MAX))
    return 'a reason is not plain text, or too long'
  return undefined
}

/** Only one order is valid, so that one set of ballots has one id. */
function orderDefect(ballots: readonly SignedBallot[]): string | undefined {
  for (const [at, ballot] of ballots.entries()) {
    const previous = ballots[at - 1]
    if (previous === undefined) continue
    if (compareBallots(previous, ballot) >= 0) return 'the ballots are out of order'
    if (previous.voter !== ballot.voter) continue
    if (ballots[at - 2]?.voter === ballot.voter) return 'more than two ballots by one voter'
    if (saysTheSame(previous, ballot)) return 'one ballot stands in it twice'
  }
  return undefined
}

function firstDefect(
  ballots: readonly SignedBallot[],
  defectOf: (ballot: SignedBallot) => string | undefined,
): string | undefined {
  for (const ballot of ballots) {
    const defect = defectOf(ballot)
    if (defect !== undefined) return defect
  }
  return undefined
}
