import { assert } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import { type Term, term } from './term.ts'

/** The electorate from this entry on; equal to the one before it where a new leader only marks its term. */
export interface LogEntry {
  readonly index: number
  readonly term: Term
  readonly voters: readonly AgentId[]
}

/** The last entry of what was cut off: committed, so that nothing before it matters any more. */
export type LogBase = LogEntry

/** The log is about nothing but who votes, and therefore short. */
export interface VoterLog {
  readonly base: LogBase
  /** Contiguous, from `base.index + 1` on; at most {@link LOG_ENTRIES_MAX}. */
  readonly entries: readonly LogEntry[]
}

/**
 * Entries that no leader could commit add up, one for each leader that fell at once. A voter whose log is full does not
 * campaign any more.
 */
export const LOG_ENTRIES_MAX = 256
/** A follower's log may begin earlier than its leader's. */
const FOLLOWED_ENTRIES_MAX = 2 * LOG_ENTRIES_MAX
/** Committed entries kept for followers that lag; past it the log is cut at the last committed one. */
const COMMITTED_KEPT_MAX = 16

export function createVoterLog(voters: readonly AgentId[]): VoterLog {
  return { base: { index: 0, term: term(0), voters }, entries: [] }
}

export function lastEntry(log: VoterLog): LogEntry {
  return log.entries.at(-1) ?? log.base
}

/** The electorate in effect: the newest in the log, committed or not (§4.1). */
export function votersOf(log: VoterLog): readonly AgentId[] {
  return lastEntry(log).voters
}

export function entryAt(log: VoterLog, index: number): LogEntry | undefined {
  return index === log.base.index ? log.base : log.entries[index - log.base.index - 1]
}

export function entriesFrom(log: VoterLog, index: number, countMax: number): readonly LogEntry[] {
  const start = Math.max(0, index - log.base.index - 1)
  return log.entries.slice(start, start + countMax)
}

export function isFull(log: VoterLog): boolean {
  return log.entries.length >= LOG_ENTRIES_MAX
}

export function withEntry(log: VoterLog, entryTerm: Term, voters: readonly AgentId[]): VoterLog {
  assert(!isFull(log), 'nothing is appended to a full log')
  const entry = { index: lastEntry(log).index + 1, term: entryTerm, voters }
  return { ...log, entries: [...log.entries, entry] }
}

/**
 * The log after a leader's entries (Raft figure 3.1, AppendEntries 2 to 4); undefined where it has no entry that equals
 * the previous one, or would grow longer than any leader lets it. An entry is removed only where the leader's own differs from it: a message that comes late and says
 * less than the log already holds removes nothing.
 */
export function withLeadersEntries(
  log: VoterLog,
  previous: { readonly index: number; readonly term: Term },
  entries: readonly LogEntry[],
): VoterLog | undefined {
  // What was cut off is committed, so it equals the leader's.
  const isPreviousKnown =
    previous.index < log.base.index || entryAt(log, previous.index)?.term === previous.term
  if (!isPreviousKnown) return undefined
  const unknown = entries.filter(({ index }) => index > log.base.index)
  const at = unknown.findIndex((entry) => entryAt(log, entry.index)?.term !== entry.term)
  if (at === -1) return log
  const fresh = unknown.slice(at)
  const kept = log.entries.filter(({ index }) => index < (fresh[0]?.index ?? 0))
  const grown = [...kept, ...fresh]
  return grown.length > FOLLOWED_ENTRIES_MAX ? undefined : { ...log, entries: grown }
}

/** The log with everything before `base` cut off; entries behind it stay where they belong to it. */
export function withBase(log: VoterLog, base: LogBase): VoterLog {
  const isKnown = entryAt(log, base.index)?.term === base.term
  return { base, entries: isKnown ? log.entries.filter(({ index }) => index > base.index) : [] }
}

/** The log cut where it is committed, once enough has piled up there. */
export function compacted(log: VoterLog, commitIndex: number): VoterLog {
  const committed = entryAt(log, commitIndex)
  if (committed === undefined || commitIndex - log.base.index <= COMMITTED_KEPT_MAX) return log
  return withBase(log, committed)
}

/** §3.6.1: the later last term is the more complete log, with equal terms the longer one. */
export function isAtLeastAsComplete(
  candidate: { readonly lastIndex: number; readonly lastTerm: Term },
  log: VoterLog,
): boolean {
  const last = lastEntry(log)
  return (
    candidate.lastTerm > last.term || (candidate.lastTerm === last.term && candidate.lastIndex >= last.index)
  )
}
