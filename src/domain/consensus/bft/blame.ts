import type { AgentId } from '../../model/ids.ts'
import { contradicts, type Equivocation, equivocationOf } from '../evidence.ts'
import type { DecisionInstance } from '../instance.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import { signBytes } from '../sign-bytes.ts'
import type { SignedMessage, SignedStatement, SignedVote, ValueId } from '../signed-messages.ts'
import { isQuorum } from './quorum.ts'

/** All signed messages of one instance that one voter sent or took in, in any order. */
export type Transcript = readonly SignedMessage[]

export type Offence =
  /** Proves itself: two statements for one slot. */
  | { readonly type: 'equivocation'; readonly equivocation: Equivocation }
  /** Line 36: a precommit for a value that no quorum of prevotes in its round stands behind. */
  | { readonly type: 'precommit_without_polka'; readonly precommit: SignedVote }
  /** Lines 23 and 29: a prevote against one's own lock, with no later polka that would have freed it. */
  | { readonly type: 'amnesia'; readonly precommit: SignedVote; readonly prevote: SignedVote }

export interface Culprit {
  readonly voter: AgentId
  readonly weight: number
  readonly offences: readonly Offence[]
}

/**
 * Names those who broke the rules of an instance, from the transcripts of its voters.
 *
 * Never an honest voter, as long as the transcripts of all honest voters are there: each holds the polkas that explain
 * what its voter did. Nobody can be framed by a made-up transcript: what others did not sign is dropped, and what they
 * signed can only excuse.
 *
 * Two different decisions v in round r and v' in r' ≥ r always have culprits of more than a third of the weight:
 * - r' = r: the quorums share more than a third, who precommitted twice.
 * - A value precommitted by a quorum in a round where it has no polka: that whole quorum.
 * - Else take the first round s > r with a polka for some v'' ≠ v; r' has one, so s ≤ r'. More than a third are in it
 *   and in the quorum that precommitted v in r. A polka for v'' in a round from r up to before s would excuse them, but
 *   between r and s there is none by the choice of s, and with one in r itself, beside v's, more than a third prevoted
 *   twice in r.
 */
export function blame(
  instance: DecisionInstance,
  transcripts: readonly Transcript[],
  verifier: SignatureVerifier,
): Culprit[] {
  const statements = genuineStatements(instance, transcripts, verifier)
  const polkas = findPolkas(instance, statements)
  return instance.electorate.voters.flatMap(({ agentId: voter, weight }) => {
    const own = statements.get(voter) ?? []
    const offences = [...equivocations(own), ...unfoundedPrecommits(own, polkas), ...amnesia(own, polkas)]
    return offences.length === 0 ? [] : [{ voter, weight, offences }]
  })
}

/** What each voter really signed, each statement once. */
function genuineStatements(
  instance: DecisionInstance,
  transcripts: readonly Transcript[],
  verifier: SignatureVerifier,
): ReadonlyMap<AgentId, readonly SignedStatement[]> {
  const byVoter = new Map<AgentId, Map<string, SignedStatement>>()
  const take = (statement: SignedStatement) => {
    const key = instance.electorate.byId.get(statement.voter)?.publicKey
    if (key === undefined) return
    const own = byVoter.get(statement.voter) ?? new Map<string, SignedStatement>()
    const name = nameOf(statement)
    if (own.has(name) || !verifier.verify(key, signBytes(instance, statement), statement.signature)) return
    byVoter.set(statement.voter, own.set(name, statement))
  }
  for (const message of transcripts.flat()) {
    take(message)
    if (message.kind !== 'nomination') continue
    for (const statement of [...message.polka, ...message.value.ballots]) take(statement)
  }
  return new Map([...byVoter].map(([voter, own]) => [voter, [...own.values()]]))
}

/** The rounds in which each value had a quorum of prevotes, counting for each voter whatever it signed. */
function findPolkas(
  { electorate: { byId, totalWeight } }: DecisionInstance,
  statements: ReadonlyMap<AgentId, readonly SignedStatement[]>,
): Polkas {
  const supporters = new Map<string, { round: number; valueId: ValueId; voters: Set<AgentId> }>()
  for (const statement of [...statements.values()].flat()) {
    if (statement.kind !== 'prevote' || statement.valueId === null) continue
    const { round, valueId, voter } = statement
    const name = `${round}/${valueId}`
    const entry = supporters.get(name) ?? { round, valueId, voters: new Set() }
    entry.voters.add(voter)
    supporters.set(name, entry)
  }
  const polkas = new Map<ValueId, number[]>()
  for (const { round, valueId, voters } of supporters.values()) {
    const weight = [...voters].reduce((sum, voter) => sum + (byId.get(voter)?.weight ?? 0), 0)
    if (isQuorum(weight, totalWeight)) polkas.set(valueId, [...(polkas.get(valueId) ?? []), round])
  }
  return polkas
}

type Polkas = ReadonlyMap<ValueId, readonly number[]>

function equivocations(own: readonly SignedStatement[]): Offence[] {
  const pairs = own.flatMap((first, at) =>
    own
      .slice(at + 1)
      .filter((second) => contradicts(first, second))
      .map((second) => equivocationOf(first, second)),
  )
  return pairs.map((equivocation) => ({ type: 'equivocation', equivocation }))
}

function unfoundedPrecommits(own: readonly SignedStatement[], polkas: Polkas): Offence[] {
  return valueVotes(own, 'precommit')
    .filter(({ valueId, round }) => polkas.get(valueId)?.includes(round) !== true)
    .map((precommit) => ({ type: 'precommit_without_polka', precommit }))
}

function amnesia(own: readonly SignedStatement[], polkas: Polkas): Offence[] {
  const prevotes = valueVotes(own, 'prevote')
  return valueVotes(own, 'precommit').flatMap((precommit) =>
    prevotes
      .filter(({ round, valueId }) => round > precommit.round && valueId !== precommit.valueId)
      // Locked anew on the value since (line 38), or shown its polka (line 28): both need one in these rounds.
      .filter(({ round, valueId }) => {
        const rounds = polkas.get(valueId) ?? []
        return !rounds.some((polkaRound) => polkaRound >= precommit.round && polkaRound < round)
      })
      .map((prevote): Offence => ({ type: 'amnesia', precommit, prevote })),
  )
}

type ValueVote = SignedVote & { readonly valueId: ValueId }

function valueVotes(own: readonly SignedStatement[], kind: SignedVote['kind']): ValueVote[] {
  return own.filter((vote): vote is ValueVote => vote.kind === kind && vote.valueId !== null)
}

/** One name for all that say the same. */
function nameOf(statement: SignedStatement): string {
  if (statement.kind === 'ballot') return JSON.stringify([statement.choice, statement.reason ?? null])
  return `${statement.kind}/${statement.round}/${statement.validRound}/${statement.valueId ?? 'nil'}`
}
