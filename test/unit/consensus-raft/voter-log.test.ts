import { describe, expect, it } from 'vitest'
import { isQuorum, quorumIndex } from '#domain/consensus/raft/quorum.ts'
import { term } from '#domain/consensus/raft/term.ts'
import {
  compacted,
  createVoterLog,
  entryAt,
  isAtLeastAsComplete,
  type LogEntry,
  lastEntry,
  type VoterLog,
  votersOf,
  withBase,
  withEntry,
  withLeadersEntries,
} from '#domain/consensus/raft/voter-log.ts'
import { agentId } from '#domain/model/ids.ts'

const voters = ['a', 'b', 'c'].map((name) => agentId(name))

function logOf(...terms: number[]): VoterLog {
  return terms.reduce((log, raw) => withEntry(log, term(raw), voters), createVoterLog(voters))
}

function entry(index: number, raw: number): LogEntry {
  return { index, term: term(raw), voters }
}

const termsOf = (log: VoterLog | undefined) => log?.entries.map(({ term }) => term)

describe('a leader’s entries', () => {
  it('are refused where the log lacks the previous one, or has another in its place', () => {
    expect(withLeadersEntries(logOf(1), { index: 2, term: term(1) }, [entry(3, 1)])).toBeUndefined()
    expect(withLeadersEntries(logOf(1, 1), { index: 2, term: term(2) }, [])).toBeUndefined()
  })

  it('are appended, and replace what differs, with all behind it', () => {
    expect(termsOf(withLeadersEntries(logOf(1), { index: 1, term: term(1) }, [entry(2, 2)]))).toEqual([1, 2])
    const replaced = withLeadersEntries(logOf(1, 1, 1, 1), { index: 1, term: term(1) }, [
      entry(2, 1),
      entry(3, 2),
    ])
    expect(termsOf(replaced)).toEqual([1, 1, 2])
  })

  it('remove nothing where the log has them all, and more', () => {
    const log = logOf(1, 1, 2)
    expect(withLeadersEntries(log, { index: 0, term: term(0) }, [entry(1, 1)])).toBe(log)
    expect(withLeadersEntries(log, { index: 1, term: term(1) }, [])).toBe(log)
  })

  it('are taken from behind the base where they begin before it', () => {
    const log = withBase(logOf(1, 1, 2), entry(2, 1))
    const longer = withLeadersEntries(
      log,
      { index: 0, term: term(0) },
      [1, 2, 3, 4].map((i) => entry(i, i < 3 ? 1 : 2)),
    )
    expect([longer?.base.index, termsOf(longer)]).toEqual([2, [2, 2]])
  })
})

describe('the base', () => {
  it('keeps what follows it where it is part of the log, and nothing where it is not', () => {
    expect(withBase(logOf(1, 1, 2), entry(2, 1)).entries).toEqual([entry(3, 2)])
    expect(withBase(logOf(1, 1, 2), entry(2, 3)).entries).toEqual([])
    expect(withBase(logOf(1), entry(9, 3)).entries).toEqual([])
  })

  it('moves up to the last commit once enough is committed, and not before', () => {
    const log = logOf(...Array.from({ length: 20 }, () => 1))
    expect(compacted(log, 16)).toBe(log)
    const cut = compacted(log, 17)
    expect([cut.base.index, cut.entries.length, entryAt(cut, 18)?.index]).toEqual([17, 3, 18])
    expect(entryAt(cut, 16)).toBeUndefined()
    expect(lastEntry(cut)).toEqual(lastEntry(log))
  })

  it('carries the voters where nothing follows it', () => {
    expect(votersOf(withBase(logOf(), { ...entry(5, 2), voters: [] }))).toEqual([])
  })
})

it('is at least as complete with a later last term, or the same and as many entries', () => {
  const log = logOf(1, 2)
  const isEnough = (lastIndex: number, lastTerm: number) =>
    isAtLeastAsComplete({ lastIndex, lastTerm: term(lastTerm) }, log)
  expect([isEnough(2, 2), isEnough(1, 3), isEnough(3, 2)]).toEqual([true, true, true])
  expect([isEnough(1, 2), isEnough(9, 1)]).toEqual([false, false])
})

describe('a quorum', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [10, 6],
    [11, 6],
  ])('of %i voters is %i', (count, needed) => {
    const all = Array.from({ length: count }, (_, at) => agentId(`v${at}`))
    expect(isQuorum(all, (voter) => all.indexOf(voter) < needed)).toBe(true)
    expect(isQuorum(all, (voter) => all.indexOf(voter) < needed - 1)).toBe(false)
    expect(quorumIndex(all, (voter) => (all.indexOf(voter) < needed ? 7 : 3))).toBe(7)
    expect(quorumIndex(all, (voter) => (all.indexOf(voter) < needed - 1 ? 7 : 3))).toBe(3)
  })

  it('of nobody is never reached', () => {
    expect(isQuorum([], () => true)).toBe(false)
  })
})
