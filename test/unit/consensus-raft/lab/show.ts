import type { RaftEffect } from '#domain/consensus/raft/raft-input.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import type { RaftState } from '#domain/consensus/raft/raft-state.ts'
import { type LogEntry, lastEntry, votersOf } from '#domain/consensus/raft/voter-log.ts'
import { assertNever } from '#domain/model/errors.ts'

/** One line an effect, for people. */
export function showEffect(self: string, effect: RaftEffect): string {
  switch (effect.type) {
    case 'persist': {
      const { epoch, term, votedFor, log } = effect.durable
      const vote = votedFor === null ? 'no vote' : `vote for ${votedFor}`
      return `${self} persists epoch ${epoch} term ${term}, ${vote}, log to ${showPlace(lastEntry(log))}`
    }
    case 'send':
      return showMessage(effect.message)
    case 'grant_vote':
      return `${self} -> ${effect.candidate} vote_grant term ${effect.term}`
    case 'announce_leader': {
      const certificate = effect.certificate
      const proof =
        certificate === null
          ? ''
          : `, by the votes of ${certificate.votes.map((vote) => vote.voter).join(' ')}`
      const { leaderId, epoch, term } = effect
      return leaderId === null
        ? `${self} follows nobody in term ${term}`
        : `${self} knows ${leaderId} as leader of epoch ${epoch} term ${term}${proof}`
    }
    case 'announce_voters':
      return `${self} knows that the voters are ${effect.voters.join(' ')} as of entry ${effect.index}`
    case 'refuse':
      return `${self} refuses: ${effect.reason}`
    default:
      return assertNever(effect)
  }
}

export function showMessage(message: RaftMessage): string {
  return `${message.from} -> ${message.to} ${message.type} term ${message.term}${showBody(message)}`
}

function showBody(message: RaftMessage): string {
  switch (message.type) {
    case 'pre_vote':
      return `, log to ${message.lastIndex}@${message.lastTerm}`
    case 'vote_request':
      return `, log to ${message.lastIndex}@${message.lastTerm}${message.isTransfer ? ', for a transfer' : ''}`
    case 'pre_vote_reply':
      return message.isGranted ? ', granted' : ', refused'
    case 'append': {
      const { previousIndex, previousTerm, entries, commitIndex } = message
      const what = entries.length === 0 ? '' : `, entries ${entries.map(showPlace).join(' ')}`
      return `, after ${previousIndex}@${previousTerm}${what}, committed ${commitIndex}`
    }
    case 'install':
      return `, base ${showPlace(message.base)}`
    case 'append_reply':
      return message.isAccepted ? `, equal to ${message.index}` : `, refused, try after ${message.index}`
    case 'vote_grant':
    case 'vote_refusal':
    case 'campaign_now':
      return ''
    default:
      return assertNever(message)
  }
}

/** One line a voter. */
export function showState(state: RaftState): string {
  const { self, role, durable, commitIndex, leaderId } = state
  const { term, votedFor, log } = durable
  const entries = [log.base, ...log.entries].map(showPlace).join(' ')
  const parts = [
    `${self} ${role.type}`,
    `term ${term}`,
    votedFor === null ? 'no vote' : `vote for ${votedFor}`,
    leaderId === null ? 'no leader' : `leader ${leaderId}`,
    `log ${entries}`,
    `committed ${commitIndex}`,
    `voters ${votersOf(log).join(' ')}`,
  ]
  return parts.join(', ')
}

function showPlace({ index, term }: Pick<LogEntry, 'index' | 'term'>): string {
  return `${index}@${term}`
}
