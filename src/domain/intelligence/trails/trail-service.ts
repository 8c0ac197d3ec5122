import type { AgentId, EpochMs } from '../../model/ids.ts'
import type { FollowRule } from './follow-trails.ts'
import type { TrailLevel } from './strongest-trails.ts'
import type { TrailDeposit } from './trail-draft.ts'
import type { TrailSettings, TrailSettingsInput } from './trail-settings.ts'

export interface TrailSetView {
  readonly trailSet: string
  readonly settings: TrailSettings
  readonly createdAt: EpochMs
  /** Edges with a deposit that still counts. */
  readonly edgeCount: number
}

export interface TrailSetRequest {
  readonly trailSet: string
}

/** A change of a set. The same `requestId` again changes nothing, as long as it is one of the 64 newest of the set. */
export interface TrailChangeRequest extends TrailSetRequest {
  readonly requestId: string
  /** The agent that asks; undefined for a client. */
  readonly agentId?: AgentId
}

export interface FollowOption {
  readonly edge: string
  readonly heuristic: number
}

/** An option that was drawn, with the probability that it had at the first draw. */
export interface FollowedTrail extends TrailLevel {
  readonly probability: number
}

/** Pheromone trails on named edges, held by the coordinating node. */
export interface TrailService {
  /** @throws `trail_set_exists` with other settings, `trail_settings_unsound`, `limit_exceeded` */
  create(request: TrailSetRequest & { readonly settings: TrailSettingsInput }): Promise<TrailSetView>
  /** @throws `trail_set_not_found`, as every method below */
  get(request: TrailSetRequest): Promise<TrailSetView>
  delete(request: TrailChangeRequest): Promise<null>
  /** All deposits of a request count, or none. @throws `limit_exceeded` */
  deposit(request: TrailChangeRequest & { readonly deposits: readonly TrailDeposit[] }): Promise<TrailSetView>
  /** Sets the named edges back, or where none are named the whole set; returns how many edges had a deposit. */
  clear(request: TrailChangeRequest & { readonly edges?: readonly string[] }): Promise<number>
  /** The levels of the edges, place by place. */
  read(request: TrailSetRequest & { readonly edges: readonly string[] }): Promise<readonly number[]>
  top(
    request: TrailSetRequest & { readonly countMax: number; readonly prefix: string },
  ): Promise<readonly TrailLevel[]>
  follow(
    request: TrailSetRequest &
      FollowRule & { readonly options: readonly FollowOption[]; readonly countMax: number },
  ): Promise<readonly FollowedTrail[]>
}
