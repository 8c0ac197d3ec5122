import { assertNever } from '../../model/errors.ts'
import { type AgentId, type MonotonicMs, monotonicMs } from '../../model/ids.ts'
import { onPreVoteReply, onVoteGrant, startPreVote } from './campaign.ts'
import { onAppend, onCampaignNow, onInstall } from './following.ts'
import { draw } from './generator.ts'
import { onLeadersTick, onTransferAsked, onVoterChangeAsked } from './leading.ts'
import type { RaftEffect, RaftInput } from './raft-input.ts'
import type { RaftMessage } from './raft-message.ts'
import { FOLLOWER, genesisOf, type RaftState } from './raft-state.ts'
import { onAppendReply } from './replication.ts'
import type { ElectorateEpoch } from './term.ts'
import { headerTo, type Transition, unchanged, withNewerTerm } from './transition.ts'
import { isLoyal, onPreVote, onVoteRequest } from './voting.ts'

/**
 * Advances one voter of the leader election: Raft after D. Ongaro, "Consensus: Bridging Theory and Practice" (2014),
 * whose sections and figures are named at the branches of this folder, with PreVote, CheckQuorum, leadership transfer,
 * a log that holds nothing but the electorate, and a way to forget a leader that is known to be gone.
 *
 * Pure: equal arguments give equal results. The driver runs the effects in array order, and finishes `persist`, which
 * is the first where it is there, before the others. Crash faults only: a voter that lies can disturb, and is caught
 * only at voting twice.
 */
export function stepRaft(state: RaftState, input: RaftInput): readonly [RaftState, readonly RaftEffect[]] {
  const [next, effects] = handle(state, input)
  const persist: readonly RaftEffect[] =
    next.durable === state.durable ? [] : [{ type: 'persist', durable: next.durable }]
  return [next, [...persist, ...effects, ...announcement(state, next)]]
}

function handle(state: RaftState, input: RaftInput): Transition {
  const { at } = input
  switch (input.type) {
    case 'time_passed':
      return onTimePassed(state, at)
    case 'message_received':
      return onMessage(state, input.message, at)
    case 'leader_gone':
      return onLeaderGone(state, input.leaderId, at)
    case 'electorate_logged':
      return onElectorateLogged(state, input.epoch, input.voters, at)
    case 'voter_change_asked':
      return onVoterChangeAsked(state, input.change, at)
    case 'transfer_asked':
      return onTransferAsked(state, input.to, at)
    default:
      return assertNever(input)
  }
}

function onTimePassed(state: RaftState, at: MonotonicMs): Transition {
  if (state.role.type === 'leader') return onLeadersTick(state, state.role, at)
  return at >= state.electionDueAt ? startPreVote(state, at) : unchanged(state)
}

function onMessage(state: RaftState, message: RaftMessage, at: MonotonicMs): Transition {
  // Another electorate knows nothing of this one's terms. Whoever is behind hears of the newer one from the hub.
  if (message.epoch !== state.durable.epoch || message.to !== state.self) return unchanged(state)
  if (message.term < state.durable.term) return onOlderTerm(state, message)
  if (message.term === state.durable.term) return onCurrentTerm(state, message, at)
  return onNewerTerm(state, message, at)
}

/** The sender lags behind: those who would act on it are told the newer term. */
function onOlderTerm(state: RaftState, message: RaftMessage): Transition {
  const header = headerTo(state, message.from)
  switch (message.type) {
    case 'pre_vote':
      return [state, [{ type: 'send', message: { type: 'pre_vote_reply', ...header, isGranted: false } }]]
    case 'vote_request':
      return [state, [{ type: 'send', message: { type: 'vote_refusal', ...header } }]]
    case 'append':
    case 'install':
      // Else a voter whose term ran ahead could neither follow this leader nor, for PreVote, ever unseat it.
      return [
        state,
        [{ type: 'send', message: { type: 'append_reply', ...header, isAccepted: false, index: 0 } }],
      ]
    default:
      return unchanged(state)
  }
}

function onNewerTerm(state: RaftState, message: RaftMessage, at: MonotonicMs): Transition {
  switch (message.type) {
    case 'pre_vote':
      // The term is only asked about: it is not adopted.
      return isLoyal(state, at) ? unchanged(state) : onPreVote(state, message)
    case 'pre_vote_reply':
      if (message.isGranted) return onPreVoteReply(state, message, at)
      break
    case 'vote_request':
      if (!message.isTransfer && isLoyal(state, at)) return unchanged(state)
      break
    default:
      break
  }
  return onCurrentTerm(withNewerTerm(state, message.term, at), message, at)
}

function onCurrentTerm(state: RaftState, message: RaftMessage, at: MonotonicMs): Transition {
  switch (message.type) {
    case 'pre_vote':
      return onPreVote(state, message)
    case 'pre_vote_reply':
      return onPreVoteReply(state, message, at)
    case 'vote_request':
      return onVoteRequest(state, message, at)
    case 'vote_grant':
      return onVoteGrant(state, message, at)
    case 'append':
      return onAppend(state, message, at)
    case 'install':
      return onInstall(state, message, at)
    case 'append_reply':
      return onAppendReply(state, message, at)
    case 'campaign_now':
      return onCampaignNow(state, message, at)
    case 'vote_refusal':
      return unchanged(state)
    default:
      return assertNever(message)
  }
}

/**
 * Forgets the leader, and with it the loyalty that would keep this voter from supporting another. A hint about somebody
 * else came too late; one about nobody wakes only those who follow nobody.
 */
function onLeaderGone(state: RaftState, gone: AgentId | null, at: MonotonicMs): Transition {
  const { role, leaderId } = state
  const isCampaigning = role.type === 'candidate' || role.type === 'leader'
  if (isCampaigning || (leaderId !== null && leaderId !== gone)) return unchanged(state)
  return unchanged(withElectionSoon({ ...state, leaderId: null, loyalSince: null }, at))
}

/** Begins anew: terms and votes are those of one epoch. */
function onElectorateLogged(
  state: RaftState,
  epoch: ElectorateEpoch,
  voters: readonly AgentId[],
  at: MonotonicMs,
): Transition {
  if (epoch <= state.durable.epoch) return unchanged(state)
  const durable = genesisOf(epoch, voters)
  const fresh: RaftState = {
    ...state,
    durable,
    commitIndex: 0,
    role: FOLLOWER,
    leaderId: null,
    loyalSince: null,
  }
  return unchanged(withElectionSoon(fresh, at))
}

/** Within the jitter, that not all campaign at once; never later than without. */
function withElectionSoon(state: RaftState, at: MonotonicMs): RaftState {
  const [share, generator] = draw(state.generator)
  const soon = monotonicMs(at + share * state.timing.hintJitterMs)
  return { ...state, generator, electionDueAt: soon < state.electionDueAt ? soon : state.electionDueAt }
}

function announcement(before: RaftState, after: RaftState): readonly RaftEffect[] {
  const { leaderId, role } = after
  const { epoch, term } = after.durable
  const isSameTerm = before.durable.epoch === epoch && before.durable.term === term
  if (before.leaderId === leaderId && (isSameTerm || leaderId === null)) return []
  const certificate = role.type === 'leader' ? role.certificate : null
  return [{ type: 'announce_leader', leaderId, epoch, term, certificate }]
}
