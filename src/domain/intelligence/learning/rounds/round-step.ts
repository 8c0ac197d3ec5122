import { assertNever } from '../../../model/errors.ts'
import type { AgentId, EpochMs } from '../../../model/ids.ts'
import { updatesNeeded } from '../aggregation/aggregator.ts'
import {
  type CloseReason,
  compareFences,
  isOver,
  type LeaderFence,
  REFUSALS_KEPT_MAX,
  type RoundFailure,
  type RoundState,
  type UpdateEntry,
  type UpdateRefusal,
} from './round-state.ts'

export type RoundInput =
  /** An update arrived whose content was checked: `problem` says what is wrong with it. */
  | {
      readonly type: 'update'
      readonly update: UpdateEntry
      readonly baseVersion: number
      readonly problem?: UpdateRefusal
    }
  | { readonly type: 'declined'; readonly agentId: AgentId }
  | { readonly type: 'agent_left'; readonly agentId: AgentId }
  | { readonly type: 'leader_elected'; readonly fence: LeaderFence }
  /** `fence` is the leadership of an agent that asks; an operator asks without one. */
  | { readonly type: 'close' | 'cancel'; readonly fence: LeaderFence | undefined }
  | { readonly type: 'tick' }
  | { readonly type: 'aggregated'; readonly version: number }
  | { readonly type: 'aggregation_failed'; readonly failure: RoundFailure }

export type RoundEffect =
  | { readonly type: 'update_accepted'; readonly update: UpdateEntry }
  | {
      readonly type: 'update_refused'
      readonly agentId: AgentId
      readonly reason: UpdateRefusal
      readonly blobId: string
    }
  /** The request changes nothing: it comes from an older leadership, or the round is over. */
  | { readonly type: 'order_refused'; readonly reason: 'stale_leader' | 'round_over' }
  | { readonly type: 'coordinator_changed'; readonly fence: LeaderFence }
  | { readonly type: 'closed'; readonly by: CloseReason }
  | { readonly type: 'aggregate' }
  | { readonly type: 'completed'; readonly version: number }
  | { readonly type: 'failed'; readonly failure: RoundFailure }
  /** No update is needed any more. */
  | { readonly type: 'discard_updates' }

export type RoundTransition = readonly [RoundState, readonly RoundEffect[]]

/**
 * Advances one federated round: FederatedAveraging's loop body (McMahan et al. 2017, Algorithm 1) with a deadline, partial
 * participation and a coordinator that may change.
 *
 * Pure: equal arguments give equal results. A round closes when every invited agent has answered or left, at its
 * deadline, or by order of its coordinator or an operator, whichever is first. It then completes if it has enough
 * updates and fails if not. A final state never changes.
 */
export function stepRound(state: RoundState, input: RoundInput, now: EpochMs): RoundTransition {
  switch (input.type) {
    case 'update':
      return takeUpdate(state, input, now)
    case 'declined':
    case 'agent_left':
      return markAbsent(state, input.agentId, now)
    case 'leader_elected':
      return follow(state, input.fence)
    case 'close':
      return obey(state, input.fence, () =>
        close(state, input.fence === undefined ? 'operator' : 'leader', now),
      )
    case 'cancel':
      return obey(state, input.fence, () => fail(state, 'canceled', now))
    case 'tick':
      return state.status === 'open' && now >= state.deadlineAt ? close(state, 'deadline', now) : [state, []]
    case 'aggregated':
      return state.status === 'aggregating' ? complete(state, input.version, now) : [state, []]
    case 'aggregation_failed':
      return state.status === 'aggregating' ? fail(state, input.failure, now) : [state, []]
    default:
      return assertNever(input)
  }
}

/** Fewest updates with which the round completes: what was asked for, and what the aggregator needs. */
export function updatesMin({ settings }: Pick<RoundState, 'settings'>): number {
  return Math.max(1, settings.clientsMin, updatesNeeded(settings.aggregator))
}

function takeUpdate(
  state: RoundState,
  { update, baseVersion, problem }: Extract<RoundInput, { type: 'update' }>,
  now: EpochMs,
): RoundTransition {
  const { agentId, blobId } = update
  const reason = refusalOf(state, update, baseVersion, now) ?? problem
  if (reason !== undefined) {
    const effect = { type: 'update_refused', agentId, reason, blobId } as const
    // A final state never changes; an agent outside the round cannot push out the refusals of those inside.
    if (isOver(state) || reason === 'not_invited') return [state, [effect]]
    const refusals = [...state.refusals, { agentId, reason }].slice(-REFUSALS_KEPT_MAX)
    return [{ ...state, refusals }, [effect]]
  }
  const updates = [...state.updates, update]
  const absent = state.absent.filter((other) => other !== agentId)
  return closeIfAnswered({ ...state, updates, absent }, [{ type: 'update_accepted', update }], now)
}

function refusalOf(
  state: RoundState,
  update: UpdateEntry,
  baseVersion: number,
  now: EpochMs,
): UpdateRefusal | undefined {
  if (!state.invited.includes(update.agentId)) return 'not_invited'
  if (state.updates.some(({ agentId }) => agentId === update.agentId)) return 'duplicate'
  if (baseVersion !== state.baseVersion) return 'stale_round'
  if (state.status !== 'open' || now >= state.deadlineAt) return 'round_closed'
  return undefined
}

function markAbsent(state: RoundState, agentId: AgentId, now: EpochMs): RoundTransition {
  const isAwaited =
    state.status === 'open' && state.invited.includes(agentId) && !state.absent.includes(agentId)
  const hasAnswered = state.updates.some((update) => update.agentId === agentId)
  if (!isAwaited || hasAnswered) return [state, []]
  return closeIfAnswered({ ...state, absent: [...state.absent, agentId] }, [], now)
}

function closeIfAnswered(state: RoundState, effects: readonly RoundEffect[], now: EpochMs): RoundTransition {
  if (state.updates.length + state.absent.length < state.invited.length) return [state, effects]
  const [closed, more] = close(state, 'all_answered', now)
  return [closed, [...effects, ...more]]
}

/** The round goes on under the new leader; orders of the old one are refused from now on. */
function follow(state: RoundState, fence: LeaderFence): RoundTransition {
  if (isOver(state) || compareFences(fence, state.coordinator) <= 0) return [state, []]
  return [{ ...state, coordinator: fence }, [{ type: 'coordinator_changed', fence }]]
}

function obey(
  state: RoundState,
  fence: LeaderFence | undefined,
  order: () => RoundTransition,
): RoundTransition {
  if (isOver(state)) return [state, [{ type: 'order_refused', reason: 'round_over' }]]
  const isStale = fence !== undefined && compareFences(fence, state.coordinator) !== 0
  return isStale ? [state, [{ type: 'order_refused', reason: 'stale_leader' }]] : order()
}

function close(state: RoundState, by: CloseReason, now: EpochMs): RoundTransition {
  if (state.status !== 'open') return [state, []]
  const closed: RoundState = { ...state, closedBy: by }
  const effect = { type: 'closed', by } as const
  if (state.updates.length >= updatesMin(state))
    return [{ ...closed, status: 'aggregating' }, [effect, { type: 'aggregate' }]]
  const [failed, more] = fail(closed, 'too_few_updates', now)
  return [failed, [effect, ...more]]
}

function complete(state: RoundState, version: number, now: EpochMs): RoundTransition {
  return [
    { ...state, status: 'completed', version, endedAt: now },
    [{ type: 'completed', version }, { type: 'discard_updates' }],
  ]
}

function fail(state: RoundState, failure: RoundFailure, now: EpochMs): RoundTransition {
  return [
    { ...state, status: 'failed', failure, endedAt: now },
    [{ type: 'failed', failure }, { type: 'discard_updates' }],
  ]
}
