import type { AgentId, EpochMs } from '../../../model/ids.ts'
import type { AggregatorSettings } from '../aggregation/aggregator.ts'

/** The leadership under which a round is coordinated. A newer one has a higher epoch, or the same epoch and a higher term. */
export interface LeaderFence {
  readonly agentId: AgentId
  readonly electorateEpoch: number
  readonly term: number
}

/**
 * `open`: updates are taken. `aggregating`: the updates are complete and become a version of the model. The other two
 * are final.
 */
export type RoundStatus = 'open' | 'aggregating' | 'completed' | 'failed'

/** Why a round stopped to take updates. */
export type CloseReason = 'all_answered' | 'deadline' | 'leader' | 'operator'

export type RoundFailure =
  | 'too_few_updates'
  | 'canceled'
  | 'model_changed'
  | 'model_missing'
  | 'aggregation_failed'

export type UpdateRefusal =
  | 'not_invited'
  | 'duplicate'
  | 'stale_round'
  | 'round_closed'
  | 'wrong_shape'
  | 'not_finite'
  | 'bad_weight'
  | 'damaged'

/** What is kept of an update; its bytes are stored outside the record. */
export interface UpdateEntry {
  readonly agentId: AgentId
  /** Number of samples that the client trained on. */
  readonly weight: number
  /** Lower-case hexadecimal SHA-256 of the bytes. */
  readonly sha256: string
  readonly bytes: number
  /** Under which the bytes are stored until the round ends. */
  readonly blobId: string
  /** What the client measured, by name, for instance its loss. */
  readonly metrics: Readonly<Record<string, number>>
}

export interface RoundSettings {
  readonly aggregator: AggregatorSettings
  /** What the clients train with, by name, for instance a number of epochs. The swarm does not read it. */
  readonly parameters: Readonly<Record<string, number>>
  /** Fewest updates with which the round completes. */
  readonly clientsMin: number
}

export interface RoundState {
  readonly roundId: string
  readonly model: string
  /** The version of the model that the clients start from; the round makes the next one. */
  readonly baseVersion: number
  readonly settings: RoundSettings
  readonly status: RoundStatus
  /** The leadership that may close or cancel the round; null where the swarm has no leader. */
  readonly coordinator: LeaderFence | null
  readonly openedAt: EpochMs
  /** At this time the round closes, whoever is missing. */
  readonly deadlineAt: EpochMs
  /** The agents that were asked to train, in the order of their ids. */
  readonly invited: readonly AgentId[]
  /** Invited agents that will not answer: they declined, or they left. A late update of one is taken all the same. */
  readonly absent: readonly AgentId[]
  readonly updates: readonly UpdateEntry[]
  /** The newest refusals, at most {@link REFUSALS_KEPT_MAX}. */
  readonly refusals: readonly { readonly agentId: AgentId; readonly reason: UpdateRefusal }[]
  readonly closedBy?: CloseReason
  readonly failure?: RoundFailure
  /** The version that the round made. */
  readonly version?: number
  readonly endedAt?: EpochMs
}

export const REFUSALS_KEPT_MAX = 100

export function isOver({ status }: Pick<RoundState, 'status'>): boolean {
  return status === 'completed' || status === 'failed'
}

/** Below 0 where `a` is the older leadership. */
export function compareFences(a: LeaderFence | null, b: LeaderFence | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null)
  return a.electorateEpoch - b.electorateEpoch || a.term - b.term
}
