import type { MonotonicMs } from '../../model/ids.ts'
import { startCampaign } from './campaign.ts'
import { withCommit } from './commit.ts'
import type { Append, CampaignNow, Install } from './raft-message.ts'
import { canCampaign, FOLLOWER, type RaftState, withElectionTimer } from './raft-state.ts'
import { headerTo, type Transition, unchanged } from './transition.ts'
import { lastEntry, withBase, withLeadersEntries } from './voter-log.ts'

/** Figure 3.1, AppendEntries, in the own term. */
export function onAppend(state: RaftState, append: Append, at: MonotonicMs): Transition {
  if (state.role.type === 'leader') return unchanged(state)
  const following = withLeader(state, append, at)
  const { previousIndex, previousTerm, entries } = append
  const { durable } = following
  const log = withLeadersEntries(durable.log, { index: previousIndex, term: previousTerm }, entries)
  if (log === undefined) {
    const index = Math.min(lastEntry(durable.log).index, previousIndex - 1)
    return replied(following, append, { isAccepted: false, index })
  }
  const lastEqual = previousIndex + entries.length
  const kept = log === durable.log ? following : { ...following, durable: { ...durable, log } }
  const [next, announcements] = withCommit(kept, Math.min(append.commitIndex, lastEqual))
  const [, reply] = replied(next, append, { isAccepted: true, index: lastEqual })
  return [next, [...reply, ...announcements]]
}

/** Takes over the base of the leader's log (§5): what it replaces is older, or equal. */
export function onInstall(state: RaftState, install: Install, at: MonotonicMs): Transition {
  if (state.role.type === 'leader') return unchanged(state)
  const following = withLeader(state, install, at)
  const { base } = install
  if (base.index <= following.commitIndex) {
    return replied(following, install, { isAccepted: true, index: following.commitIndex })
  }
  const { durable } = following
  const next = {
    ...following,
    commitIndex: base.index,
    durable: { ...durable, log: withBase(durable.log, base) },
  }
  const [, reply] = replied(next, install, { isAccepted: true, index: base.index })
  const { index, voters } = base
  return [next, [...reply, { type: 'announce_voters', epoch: durable.epoch, index, voters }]]
}

/** §3.10: the leader says that its time is over. No PreVote: the others are loyal to it still. */
export function onCampaignNow(state: RaftState, { from }: CampaignNow, at: MonotonicMs): Transition {
  if (state.leaderId !== from || !canCampaign(state)) return unchanged(state)
  return startCampaign(state, at, { isTransfer: true })
}

/** Follows the one leader of the own term, and waits for it afresh. */
function withLeader(state: RaftState, { from }: Append | Install, at: MonotonicMs): RaftState {
  return withElectionTimer(
    { ...state, role: FOLLOWER, leaderId: from, loyalSince: at, hasStoodBack: false },
    at,
  )
}

function replied(
  state: RaftState,
  { from }: Append | Install,
  answer: { readonly isAccepted: boolean; readonly index: number },
): Transition {
  return [state, [{ type: 'send', message: { type: 'append_reply', ...headerTo(state, from), ...answer } }]]
}
