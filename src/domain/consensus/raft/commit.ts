import type { RaftState } from './raft-state.ts'
import { type Transition, unchanged } from './transition.ts'
import { compacted, entryAt } from './voter-log.ts'

/** Everything up to `index` is agreed; says so where other voters follow from it. An index once reached stays. */
export function withCommit(state: RaftState, index: number): Transition {
  const { durable, commitIndex } = state
  const committed = entryAt(durable.log, index)
  if (index <= commitIndex || committed === undefined) return unchanged(state)
  const next: RaftState = { ...state, commitIndex: index }
  const log = compacted(durable.log, index)
  const kept = log === durable.log ? next : { ...next, durable: { ...durable, log } }
  const before = entryAt(durable.log, commitIndex)?.voters ?? []
  const { voters } = committed
  if (before.length === voters.length && before.every((voter, at) => voter === voters[at])) return [kept, []]
  return [kept, [{ type: 'announce_voters', epoch: durable.epoch, index, voters }]]
}
