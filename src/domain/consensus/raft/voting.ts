import type { MonotonicMs } from '../../model/ids.ts'
import type { PreVote, VoteRequest } from './raft-message.ts'
import { FOLLOWER, type RaftState, withElectionTimer } from './raft-state.ts'
import { headerTo, type Transition } from './transition.ts'
import { isAtLeastAsComplete } from './voter-log.ts'

/**
 * Whether the voter leads, or heard its leader a moment ago (§4.2.3), or gave its vote: then it does not even look at a
 * request for a newer term. Whoever asks was cut off, was removed, or did not wait for the winner to come forward.
 */
export function isLoyal({ role, loyalSince, timing }: RaftState, at: MonotonicMs): boolean {
  if (role.type === 'leader') return true
  return loyalSince !== null && at - loyalSince < timing.electionMinMs
}

/**
 * Answers for a term that is not below the own one. A grant binds nobody: neither term, nor vote, nor timer change. A
 * voter that asks at the same moment stands back for a smaller id, so that two do not split the votes between them; its
 * next try is due no later for that. It stands back once only until somebody is elected: under partial connectivity the
 * smaller id may not reach a majority, and the only voter that does must not wait for it again and again.
 */
export function onPreVote(state: RaftState, request: PreVote): Transition {
  const { durable, role, self, hasStoodBack } = state
  const isFree = request.term > durable.term || isFreeToVoteFor(state, request)
  const isGranted = isFree && isAtLeastAsComplete(request, durable.log)
  const isRival = role.type === 'pre_candidate' && request.from < self
  const standsBack = isGranted && isRival && !hasStoodBack
  const header = headerTo(state, request.from)
  // A grant names the term it is for; a refusal the own term, so that one who lags behind learns of it.
  const term = isGranted ? request.term : durable.term
  const reply = { type: 'pre_vote_reply' as const, ...header, term, isGranted }
  return [
    standsBack ? { ...state, role: FOLLOWER, hasStoodBack: true } : state,
    [{ type: 'send', message: reply }],
  ]
}

/** Answers in the own term (figure 3.1, RequestVote). */
export function onVoteRequest(state: RaftState, request: VoteRequest, at: MonotonicMs): Transition {
  const { durable } = state
  if (!isFreeToVoteFor(state, request) || !isAtLeastAsComplete(request, durable.log)) {
    const message = { type: 'vote_refusal' as const, ...headerTo(state, request.from) }
    return [state, [{ type: 'send', message }]]
  }
  const kept = durable.votedFor === request.from ? durable : { ...durable, votedFor: request.from }
  // Only a vote sets the timer back: a refusal must not, or it would keep this voter from campaigning itself.
  const voted = withElectionTimer(
    { ...state, role: FOLLOWER, durable: kept, loyalSince: at, hasStoodBack: false },
    at,
  )
  const { epoch, term } = durable
  return [voted, [{ type: 'grant_vote', candidate: request.from, epoch, term }]]
}

function isFreeToVoteFor({ durable, leaderId }: RaftState, { from }: PreVote | VoteRequest): boolean {
  return durable.votedFor === from || (durable.votedFor === null && leaderId === null)
}
