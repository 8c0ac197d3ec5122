import type { Database, Key } from 'lmdb'
import { isSwarmError } from '#domain/model/errors.ts'
import type { Scope, SwarmEpoch } from '#domain/model/ids.ts'
import type { Batch } from './batch.ts'
import type { Job } from './job.ts'
import { type EventTableKey, type RecordTableKey, wholeLog, wholeScope } from './lmdb-tables.ts'
import {
  type ClaimFacts,
  claimedState,
  refuseOldEpoch,
  type ScopeState,
  stateFromLog,
} from './scope-ledger.ts'

/** Keys removed in one transaction: more would keep the event loop waiting. */
export const REMOVED_AT_ONCE_MAX = 5_000

export type JobTraits = Pick<Job, 'isBulk' | 'isAlone' | 'isFlushNeeded'>

interface Outcome<T> {
  readonly resolve: (result: T) => void
  readonly reject: (error: unknown) => void
}

/** A job that is one function, with the promise of its result. */
export function jobOf<T>(traits: JobTraits, work: (batch: Batch) => T, { resolve, reject }: Outcome<T>): Job {
  let answer: () => void = () => reject(new Error('answered before it ran'))
  return {
    ...traits,
    run: (batch) => {
      const result = work(batch)
      answer = () => resolve(result)
    },
    resolve: () => answer(),
    reject,
  }
}

/** A new coordinatorship, under which no step of an older one is taken from here on. */
export function claimScope(batch: Batch, scope: Scope, facts: ClaimFacts): SwarmEpoch {
  batch.claimRoom(1, 0)
  const state = claimedState(stateToClaim(batch, scope), facts)
  batch.setScopeState(scope, state)
  return state.epoch
}

function stateToClaim(batch: Batch, scope: Scope): ScopeState {
  try {
    return batch.scopeState(scope)
  } catch (error) {
    if (!isSwarmError(error, 'record_damaged')) throw error
    return stateFromLog(batch.tables, scope)
  }
}

/** Removes the oldest events up to `sequence`. @returns how many; as many as the limit when there may be more. */
export function trimLog(batch: Batch, scope: Scope, sequence: number): number {
  const { events } = batch.tables
  const { start } = wholeLog(scope)
  const range = { start, end: [scope, sequence], inclusiveEnd: true, limit: REMOVED_AT_ONCE_MAX }
  const keys = [...events.getKeys(range)]
  if (keys.length > 0) batch.touch(keys.length)
  for (const key of keys) events.removeSync(key)
  return keys.length
}

/** Removes part of what is filed under the scope. @returns as many as the limit when there may be more. */
export function dropPart(batch: Batch, scope: Scope, epoch: SwarmEpoch): number {
  refuseOldEpoch(batch.scopeState(scope), epoch)
  const { events, open, records } = batch.tables
  batch.touch(REMOVED_AT_ONCE_MAX)
  let removed = removePart(events, wholeLog(scope), REMOVED_AT_ONCE_MAX)
  removed += removePart(open, wholeScope(scope), REMOVED_AT_ONCE_MAX - removed)
  return removed + removePart(records, wholeScope(scope), REMOVED_AT_ONCE_MAX - removed)
}

function removePart<TableKey extends RecordTableKey | EventTableKey>(
  table: Database<Buffer, TableKey>,
  range: { readonly start: Key; readonly end: Key },
  limit: number,
): number {
  if (limit <= 0) return 0
  const keys = [...table.getKeys({ ...range, limit })]
  for (const key of keys) table.removeSync(key)
  return keys.length
}
