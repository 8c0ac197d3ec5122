import { RAFT_VOTERS_MAX } from './quorum.ts'
import type { Append, RaftMessage } from './raft-message.ts'
import { COUNTER_MAX } from './term.ts'
import { LOG_ENTRIES_MAX, type LogEntry } from './voter-log.ts'

/**
 * Whether a voter that keeps to the protocol could have said it. Lies it cannot tell; but what passes here makes no
 * voter fail, whose other votes must not end with the election.
 */
export function isWellFormed(message: RaftMessage): boolean {
  if (!isCounter(message.term)) return false
  switch (message.type) {
    case 'pre_vote':
    case 'vote_request':
      return isCounter(message.lastIndex) && isCounter(message.lastTerm)
    case 'append':
      return isCounter(message.commitIndex) && areNextEntries(message)
    case 'install':
      return isEntry(message.base) && message.base.term <= message.term
    case 'append_reply':
      return isCounter(message.index)
    case 'pre_vote_reply':
    case 'vote_grant':
    case 'vote_refusal':
    case 'campaign_now':
      return true
    default:
      return message satisfies never
  }
}

/** Each follows the one before it, and none is of a later term than its leader's. */
function areNextEntries({ previousIndex, previousTerm, entries, term }: Append): boolean {
  if (!isCounter(previousIndex) || !isCounter(previousTerm) || entries.length > LOG_ENTRIES_MAX) return false
  let last = { index: previousIndex, term: previousTerm }
  for (const entry of entries) {
    if (!isEntry(entry) || entry.index !== last.index + 1 || entry.term < last.term) return false
    last = entry
  }
  return last.term <= term
}

function isEntry({ index, term, voters }: LogEntry): boolean {
  const isElectorate = voters.length > 0 && voters.length <= RAFT_VOTERS_MAX
  return isCounter(index) && isCounter(term) && isElectorate && new Set(voters).size === voters.length
}

function isCounter(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= COUNTER_MAX
}
