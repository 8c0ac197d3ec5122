import type { AgentId, TaskId } from '../../model/ids.ts'
import type { AdviceRow } from './estimates/advice.ts'
import type { ExperienceList, ExperienceQuery } from './experience/experience-log.ts'

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
}
