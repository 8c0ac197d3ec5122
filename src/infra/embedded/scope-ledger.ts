import { SwarmError } from '#domain/errors.ts'
import { type EpochMs, type Scope, type SwarmEpoch, swarmEpoch } from '#domain/ids.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import { newestEpochAfter } from './swarm-epochs.ts'

/** What outlives even a dropped scope, so that no epoch and no sequence number is given twice. */
export interface ScopeState {
  readonly epoch: SwarmEpoch
  readonly lastSequence: number
  /** The store's `lossCount` at the last claim. */
  readonly lossCount: number
}

const NEVER_SEEN: ScopeState = { epoch: swarmEpoch(0), lastSequence: 0, lossCount: 0 }

/** More events than can lie between a commit and its flush. */
const LOST_TAIL_MAX = 1_000_000

export function readScopeState({ meta }: Pick<LmdbTables, 'meta'>, scope: Scope): ScopeState {
  const bytes = meta.get(['scope', scope])
  return bytes === undefined ? NEVER_SEEN : (JSON.parse(bytes.toString('utf8')) as ScopeState)
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
    epoch: newestEpochAfter(before.epoch, now),
    lastSequence: mayHaveLostTail ? known + LOST_TAIL_MAX : known,
    lossCount,
  }
}
