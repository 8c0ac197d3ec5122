import { SwarmError } from '#domain/model/errors.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { type EpochMs, type Scope, type SwarmEpoch, swarmEpoch } from '#domain/model/ids.ts'
import { type LmdbTables, wholeLog } from './lmdb-tables.ts'
import { decodeText, eventName, isWholeText, metaName } from './record-codec.ts'
import { newestEpochAfter } from './swarm-epochs.ts'

/** What outlives even a dropped scope, so that no epoch and no sequence number is given twice. */
export interface ScopeState {
  readonly epoch: SwarmEpoch
  /** The newest number given. */
  readonly lastSequence: number
  /** The number of the newest event: the log ends with it. Left out before the first, and by older versions. */
  readonly lastEventSequence?: number
  /** The store's `lossCount` at the last claim. */
  readonly lossCount: number
}

const NEVER_SEEN: ScopeState = { epoch: swarmEpoch(0), lastSequence: 0, lossCount: 0 }

/** More events than can lie between a commit and its flush. */
const LOST_TAIL_MAX = 1_000_000

/** @throws SwarmError `record_damaged` */
export function readScopeState(
  { meta, damage }: Pick<LmdbTables, 'meta' | 'damage'>,
  scope: Scope,
): ScopeState {
  const bytes = meta.get(['scope', scope])
  if (bytes === undefined) return NEVER_SEEN
  if (!isWholeText(metaName(['scope', scope]), bytes)) throw damage.found(scope, 'scope', scope)
  return decodeText(bytes) as ScopeState
}

/** Without an epoch one may write only where nobody has ever coordinated. @throws SwarmError `not_coordinator` */
export function refuseOldEpoch({ epoch }: ScopeState, presented: SwarmEpoch | undefined): void {
  if ((presented ?? 0) !== epoch) throw new SwarmError('not_coordinator', { coordinatorId: null })
}

export interface ClaimFacts {
  readonly now: EpochMs
  /** The newest number that somebody is known to have seen; 0 where nobody is asked. */
  readonly sequenceFloor: number
  /** How often the store may have lost its newest commits so far. */
  readonly lossCount: number
}

/** The state after a claim. Where a tail may be lost and nobody knows how long it was, its numbers are skipped. */
export function claimedState(before: ScopeState, { now, sequenceFloor, lossCount }: ClaimFacts): ScopeState {
  const mayHaveLostTail = before.lossCount < lossCount && before.lastSequence > 0 && sequenceFloor === 0
  const known = Math.max(before.lastSequence, sequenceFloor)
  return {
    ...before,
    epoch: newestEpochAfter(before.epoch, now),
    lastSequence: mayHaveLostTail ? known + LOST_TAIL_MAX : known,
    lossCount,
  }
}

/**
 * The state of a scope whose own entry is damaged, from the newest event that can be read: good for a claim only. Its
 * loss count is below every other, so that the claim skips the numbers that may have been given.
 */
export function stateFromLog({ events }: Pick<LmdbTables, 'events'>, scope: Scope): ScopeState {
  const { start, end } = wholeLog(scope)
  for (const { key, value } of events.getRange({ start: end, end: start, reverse: true })) {
    const [, sequence] = key
    if (!isWholeText(eventName(scope, sequence), value)) continue
    const { epoch } = decodeText(value) as SwarmEvent
    return { epoch, lastSequence: sequence, lastEventSequence: sequence, lossCount: -1 }
  }
  return { ...NEVER_SEEN, lossCount: -1 }
}
