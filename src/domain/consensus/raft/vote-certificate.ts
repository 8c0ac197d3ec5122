import type { PublicKey, Signature } from '../../model/hex.ts'
import type { AgentId, SwarmId, TenantId } from '../../model/ids.ts'
import { ByteWriter } from '../byte-writer.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import { isQuorum } from './quorum.ts'
import type { Leadership } from './term.ts'

/** The swarm whose leader is elected; part of every signature. */
export interface ElectionPlace {
  readonly tenantId: TenantId
  readonly swarmId: SwarmId
}

/** One vote: this voter wants this candidate to lead in this term, and nobody else. */
export interface Vote extends Leadership {
  readonly voter: AgentId
  readonly candidate: AgentId
  readonly signature: Signature
}

/** Why an agent leads: the signed votes of most voters. */
export interface VoteCertificate extends Leadership {
  readonly leaderId: AgentId
  /** The electorate by the winner's log. */
  readonly voters: readonly AgentId[]
  readonly votes: readonly { readonly voter: AgentId; readonly signature: Signature }[]
}

/** The bytes a voter signs. */
export function voteBytes(place: ElectionPlace, vote: Omit<Vote, 'signature'>): Uint8Array {
  return new ByteWriter()
    .text('amos-swarm/election/1/vote')
    .text(place.tenantId)
    .text(place.swarmId)
    .int(vote.epoch)
    .int(vote.term)
    .text(vote.voter)
    .text(vote.candidate)
    .finish()
}

export type KeyOf = (voter: AgentId) => PublicKey | undefined

export function isVoteSound(
  place: ElectionPlace,
  vote: Vote,
  keyOf: KeyOf,
  verifier: SignatureVerifier,
): boolean {
  const key = keyOf(vote.voter)
  return key !== undefined && verifier.verify(key, voteBytes(place, vote), vote.signature)
}

export type CertificateDefect =
  | 'other_voters'
  | 'voter_unknown'
  | 'voted_twice'
  | 'signature_wrong'
  | 'no_quorum'

/**
 * Why a certificate proves nothing; undefined where it proves that its leader won.
 *
 * @param trusted the electorate, known from elsewhere: a certificate names its voters but cannot vouch for them.
 */
export function voteCertificateDefect(
  place: ElectionPlace,
  { epoch, term, leaderId, voters, votes }: VoteCertificate,
  trusted: ReadonlyMap<AgentId, PublicKey>,
  verifier: SignatureVerifier,
): CertificateDefect | undefined {
  const named = new Set(voters)
  if (voters.length !== trusted.size || named.size !== trusted.size) return 'other_voters'
  if (voters.some((voter) => !trusted.has(voter))) return 'other_voters'
  const voted = new Set<AgentId>()
  for (const { voter, signature } of votes) {
    if (!named.has(voter)) return 'voter_unknown'
    if (voted.has(voter)) return 'voted_twice'
    voted.add(voter)
    const vote = { epoch, term, voter, candidate: leaderId, signature }
    if (!isVoteSound(place, vote, (agentId) => trusted.get(agentId), verifier)) return 'signature_wrong'
  }
  return isQuorum(voters, (voter) => voted.has(voter)) ? undefined : 'no_quorum'
}
