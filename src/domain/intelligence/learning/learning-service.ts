import type { AgentId, TaskId } from '../../model/ids.ts'
import type { AdviceRow } from './estimates/advice.ts'
import type { ExperienceList, ExperienceQuery } from './experience/experience-log.ts'
import type { BlobChunk } from './models/blob-store.ts'
import type {
  AddVersionRequest,
  CreateModelRequest,
  EvaluateRequest,
  RollBackRequest,
} from './models/model-desk.ts'
import type { ModelRecord } from './models/model-record.ts'
import type { CloseRoundRequest, OpenRoundRequest, SubmitUpdateRequest } from './rounds/round-requests.ts'
import type { RoundState } from './rounds/round-state.ts'

export interface ReportOutcomeRequest {
  /** The agent that reports; undefined where a client does. */
  readonly agentId: AgentId | undefined
  /** Kind of work. */
  readonly type: string
  /** How it was done. */
  readonly method: string
  readonly isSuccess: boolean
  readonly durationMs?: number | undefined
  readonly cost?: number | undefined
  readonly taskId?: TaskId | undefined
  readonly features?: Readonly<Record<string, number>> | undefined
}

export interface AdviceRequest {
  /** Kind of work. */
  readonly type: string
  /** What one unit of cost is worth in units of success; 0 or more. */
  readonly costWeight: number
}

export interface Advice {
  /** Agents that have done work of this type, best first. */
  readonly agents: readonly AdviceRow[]
  /** Methods that were reported for this type, best first. */
  readonly methods: readonly AdviceRow[]
  /** False while the log is still read after a start or takeover, and where events are missing: counts may be too low. */
  readonly isComplete: boolean
}

/** What the swarm learns from finished work and shares. */
export interface LearningService {
  /** Shares the outcome of a piece of work and the method it was done by. @throws `agent_not_found` */
  reportOutcome(request: ReportOutcomeRequest): Promise<null>
  /** Finished work, oldest first. */
  experience(query: ExperienceQuery): Promise<ExperienceList & { readonly isComplete: boolean }>
  /** What has worked for others. */
  advice(request: AdviceRequest): Promise<Advice>
  /** Kinds of work that something is known of; the one with the newest outcome comes last. */
  types(): Promise<readonly string[]>
  /** @throws `model_exists`, `limit_exceeded` */
  createModel(request: CreateModelRequest): Promise<ModelRecord>
  /** Writes a piece of a model or an update; pieces come in order. @throws `limit_exceeded` */
  writeChunk(chunk: BlobChunk): Promise<null>
  /** Makes the pieces a version of the model, and the current one. @throws `model_not_found`, `model_unsound` */
  addVersion(request: AddVersionRequest): Promise<ModelRecord>
  /** @throws `model_not_found` */
  rollBack(request: RollBackRequest): Promise<ModelRecord>
  /** @throws `model_not_found`, `limit_exceeded` */
  evaluate(request: EvaluateRequest): Promise<ModelRecord>
  /** @throws `model_not_found`, `agent_not_found`, `round_refused`, `limit_exceeded` */
  openRound(request: OpenRoundRequest): Promise<RoundState>
  /** Takes the pieces for an update. @throws `round_not_found`, `agent_not_found`, `update_refused` */
  submitUpdate(request: SubmitUpdateRequest): Promise<RoundState>
  /** The agent will not train. @throws `round_not_found` */
  declineRound(request: { readonly roundId: string; readonly agentId: AgentId }): Promise<RoundState>
  /** @throws `round_not_found`, `round_refused` */
  endRound(request: CloseRoundRequest): Promise<RoundState>
}
