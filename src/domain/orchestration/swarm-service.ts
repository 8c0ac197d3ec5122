import type { AgentService } from '../agents/agent-service.ts'
import type { MessageService } from '../communication/message-service.ts'
import type { ConsensusService } from '../consensus-engine/consensus-service.ts'
import type { DistributionService } from '../distribution/distribution-service.ts'
import type { GroupService } from '../intelligence/flocking/group-service.ts'
import type { LearningService } from '../intelligence/learning/learning-service.ts'
import type { MemoryService } from '../intelligence/memory/memory-service.ts'
import type { PatternService } from '../intelligence/patterns/pattern-service.ts'
import type { TrailService } from '../intelligence/trails/trail-service.ts'
import type { NodeId, SwarmEpoch } from '../model/ids.ts'
import type { PatternSettingsRequest } from '../model/pattern-settings.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'
import type { BudgetService, ControlService } from '../resources/admission/control-service.ts'
import type { MonitorReport } from '../resources/monitor-report.ts'
import type { ScheduleService } from '../schedules/schedule-service.ts'
import type { TaskService } from '../tasks/task-service.ts'
import type { TopologyService } from '../topology/topology-service.ts'

export type SwarmPatch = Partial<
  Pick<SwarmRecord, 'description' | 'strategy' | 'topology' | 'leaseMs' | 'limits' | 'fairness'>
> & {
  /** What is left out stays as it is. */
  readonly patterns?: PatternSettingsRequest
}

export interface UpdateSwarmRequest extends SwarmPatch {
  /** Refuse with `version_conflict` where the record has another version. */
  readonly expectedVersion?: number
}

export interface SwarmStatus {
  readonly coordinatorId: NodeId
  readonly epoch: SwarmEpoch
}

/** The swarm as a whole: its settings, its end and how it fares. */
export interface SwarmControl {
  /** @throws `version_conflict` */
  update(request: UpdateSwarmRequest): Promise<SwarmRecord>
  /** Removes all the swarm holds. @throws `swarm_not_empty` unless `force`, which cancels what is open. */
  delete(request: { readonly force: boolean }): Promise<null>
  monitor(): Promise<MonitorReport>
  status(): Promise<SwarmStatus>
}

/**
 * Everything that changes one swarm, by area. It runs on the swarm's coordinating node; on the other nodes the same
 * interface forwards each call. Every method takes at most one argument, and arguments and answers are plain JSON data,
 * for that reason. A new area is a member here and in `createSwarmService`; nothing else has to know its methods.
 *
 * Every method may throw `store_unavailable`, `coordinator_unavailable` and `draining`; the call may then have
 * happened, and repeating it is safe. Methods that take a `fencingToken` throw `lease_lost` for a stale one, and
 * methods that take a `sessionId` throw `session_superseded` where a newer connection took over, and `session_unknown`
 * where the swarm knows none: its node was given up for lost, or the coordinatorship is a new one.
 */
export interface SwarmService {
  readonly tasks: TaskService
  readonly agents: AgentService
  readonly messages: MessageService
  readonly distribution: DistributionService
  readonly controls: ControlService
  readonly budgets: BudgetService
  readonly schedules: ScheduleService
  readonly topology: TopologyService
  readonly consensus: ConsensusService
  readonly memory: MemoryService
  readonly trails: TrailService
  readonly patterns: PatternService
  readonly learning: LearningService
  readonly groups: GroupService
  readonly swarm: SwarmControl
}

type Area = keyof SwarmService

/** The name of a method under which a call travels to the coordinating node, such as `tasks.submit`. */
export type SwarmMethod = { [A in Area]: `${A}.${keyof SwarmService[A] & string}` }[Area]

type MethodOf<M extends SwarmMethod> = M extends `${infer A extends Area}.${infer N}`
  ? N extends keyof SwarmService[A]
    ? SwarmService[A][N]
    : never
  : never

export type ArgumentOf<M extends SwarmMethod> = MethodOf<M> extends (argument: infer T) => unknown ? T : never
export type AnswerOf<M extends SwarmMethod> =
  MethodOf<M> extends (argument: never) => Promise<infer T> ? T : never
