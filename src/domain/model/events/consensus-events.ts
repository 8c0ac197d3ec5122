import type { AgentId } from '../ids.ts'

/** Events of proposals and of elections. */
export interface ConsensusEvents {
  'proposal.opened': {
    readonly title: string
    readonly voters: readonly AgentId[]
    readonly deadlineMs: number
  }
  'proposal.ballot_cast': { readonly voter: AgentId; readonly choice: string }
  'proposal.cancel_requested': { readonly reason: string }
  'proposal.equivocation': {
    readonly voter: AgentId
    readonly statement: 'ballot' | 'nomination' | 'prevote' | 'precommit'
  }
  'proposal.decided': {
    readonly outcome:
      | { readonly verdict: 'approved'; readonly option: string }
      | { readonly verdict: 'rejected' }
      | { readonly verdict: 'inconclusive' }
    readonly ending: 'tally' | 'expired' | 'cancelled'
    readonly round: number
    readonly deliberationMs: number
    readonly agreementMs: number
  }
  'proposal.undecided': Readonly<Record<string, never>>
  'leader.elected': { readonly epoch: number; readonly term: number; readonly votes: number }
  'leader.lost': { readonly epoch: number; readonly term: number }
  'election.double_vote': {
    readonly epoch: number
    readonly term: number
    readonly candidates: readonly AgentId[]
  }
  'election.electorate_changed': { readonly epoch: number; readonly voters: readonly AgentId[] }
}
