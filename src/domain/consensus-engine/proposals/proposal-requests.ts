import type { Hasher } from '../../consensus/ports/hasher.ts'
import { APPROVE, type Proposal, REJECT, type Threshold } from '../../consensus/proposal.ts'
import { utf8 } from '../../consensus/utf8.ts'
import type { Hash, Signature } from '../../model/hex.ts'
import type { AgentId, JsonText, ProposalId } from '../../model/ids.ts'
import type { ElectorateChoice } from '../voters/electorate-choice.ts'

/** Something to put to the vote. */
export interface ProposeRequest {
  /** Made by the node that received the request, so that a repeated call is the same proposal. */
  readonly proposalId: ProposalId
  readonly title: string
  readonly payload: JsonText
  readonly mode: Proposal['mode']
  /** Of a `choice`; an approval has its own. */
  readonly options?: readonly string[]
  readonly threshold: Threshold
  readonly deadlineMs: number
  readonly electorate: ElectorateChoice
  /** 1 for whoever is not named. */
  readonly weights: Readonly<Record<string, number>>
  /** The leader where left out, and else whoever the proposal's hash names. */
  readonly firstProposer?: AgentId
  /** An agent's id, or the name of a client. */
  readonly proposedBy: string
  /** The same where it is an agent, which has to exist. */
  readonly proposerId?: AgentId
}

export interface CastBallotRequest {
  readonly proposalId: ProposalId
  readonly agentId: AgentId
  readonly choice: string
  readonly reason?: string
  /** By an agent that holds its own key. */
  readonly signature?: Signature
}

export function proposalOf(request: ProposeRequest, leaderId: AgentId | null, hasher: Hasher): Proposal {
  const { title, payload, mode, options, threshold, deadlineMs, proposedBy } = request
  const firstProposer = request.firstProposer ?? leaderId
  return {
    title,
    payloadHash: hasher.sha256(utf8(payload)),
    mode,
    options: options ?? (mode === 'approval' ? [APPROVE, REJECT] : []),
    threshold,
    deadlineMs,
    proposedBy,
    ...(firstProposer === null ? {} : { firstProposer }),
  }
}

/** The same for the same request, whoever leads and whoever is here when it is repeated. */
export function fingerprintOf(request: ProposeRequest, hasher: Hasher): Hash {
  const { proposalId: _, ...asked } = request
  const members = Object.entries(asked).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return hasher.sha256(utf8(JSON.stringify(members)))
}
