export type {
  AgentHeartbeat,
  AgentHeartbeatReply,
  AgentPage,
  AgentPatch,
  AgentRegister,
  AgentRegistered,
  AgentStatus,
  AgentView,
} from './agent.ts'
export type { AssignmentPlan, AssignmentPlanRequest } from './assignment-plan.ts'
export type {
  AssignedTask,
  Assignment,
  ClaimReply,
  ClaimRequest,
  TaskCompleteReport,
  TaskFailReport,
  TaskProgressReport,
  TaskReleaseReport,
} from './claim.ts'
export { CONSENSUS_LIMITS } from './consensus/consensus-limits.ts'
export type { ElectionStart, LeaderView, VoteCertificate } from './consensus/election.ts'
export type {
  BallotCast,
  BallotList,
  DecisionView,
  ProposalCancel,
  ProposalCreate,
  ProposalPage,
  ProposalView,
} from './consensus/proposal.ts'
export type { DecisionCertificate } from './consensus/signed.ts'
export type {
  BudgetAmounts,
  BudgetList,
  BudgetSet,
  BudgetTopUp,
  BudgetView,
  ControlList,
  ControlPause,
  ControlSet,
  ControlView,
  RateLimit,
} from './control.ts'
export type { TaskDecision } from './decision.ts'
export {
  EVENT_DATA,
  EVENT_TYPE_PREFIX,
  type EventName,
  type EventPage,
  type EventType,
  type Gap,
  type SwarmEvent,
} from './event.ts'
export {
  AGENT_FRAMES,
  type AgentFrame,
  type AgentFrameOf,
  type AgentFrameType,
  CHANNEL_FRAMES,
  type ChannelFrame,
  type ChannelFrameOf,
  type ChannelFrameType,
} from './frames/agent-frames.ts'
export type { DrainFrame, ErrorFrame } from './frames/answer-frames.ts'
export type { ConsensusMessage, ConsensusNotice } from './frames/consensus-bodies.ts'
export {
  CLOSE_CODES,
  type RequestId,
  SUBPROTOCOLS,
  type Subprotocol,
  TOKEN_SUBPROTOCOL_PREFIX,
} from './frames/frame.ts'
export {
  STREAM_FRAMES,
  type StreamFrame,
  type StreamFrameOf,
  type StreamFrameType,
  SUBSCRIBER_FRAMES,
  type SubscribeFrame,
} from './frames/stream-frames.ts'
export type { GroupPage, GroupView } from './groups.ts'
export type { Liveness, Readiness } from './health.ts'
export type {
  AgentRegisterInput,
  ProposalInput,
  RoundOpenInput,
  TaskBatchSubmitInput,
  TaskSubmitInput,
} from './inputs.ts'
export type {
  AdviceRow,
  AdviceView,
  ExperiencePage,
  ExperienceView,
  LearnedTypes,
  OutcomeReport,
} from './learning.ts'
export type {
  ModelCreate,
  ModelEvaluation,
  ModelList,
  ModelView,
  RoundEnd,
  RoundList,
  RoundOpen,
  RoundView,
} from './learning-models.ts'
export { LIMITS } from './limits.ts'
export type {
  MemoryBatchPut,
  MemoryPut,
  MemoryRecordView as MemoryRecord,
} from './memory.ts'
export type { NamespaceDeclare, NamespaceView as Namespace } from './memory-namespace.ts'
export type { MemoryRef } from './memory-refs.ts'
export type { MemorySearchReply, MemorySearchRequest } from './memory-search.ts'
export type { CrdtState } from './memory-state.ts'
export type {
  InboxAcknowledged,
  InboxPage,
  MessageMetrics,
  MessageSend,
  MessageSent,
  MessageTarget,
  MessageView,
} from './message.ts'
export { OPERATIONS } from './operations/all-operations.ts'
export type { Operation } from './operations/operation.ts'
export type {
  PatternKind,
  PatternPage,
  PatternReviewRequest,
  PatternSettings,
  PatternView,
} from './patterns.ts'
export type { PipelineSubmit, PipelineSubmitInput } from './pipeline.ts'
export type { TaskPlacement, WaitReason, WaitSummary } from './placement.ts'
export type { Problem } from './problem.ts'
export { PROBLEM_CODES, PROBLEMS, type ProblemCode } from './problem-codes.ts'
export type { ResourceReport } from './resources.ts'
export type { HeldTask } from './scalars.ts'
export type { ScheduleCreate, SchedulePage, ScheduleView } from './schedule.ts'
export type { StoreView } from './store.ts'
export type { Strategy, StrategyInput, StrategyKind } from './strategy.ts'
export type { SwarmCreate, SwarmCreateInput, SwarmLimits, SwarmPage, SwarmPatch, SwarmView } from './swarm.ts'
export type {
  TaskAccepted,
  TaskBatchAccepted,
  TaskBatchSubmit,
  TaskCancel,
  TaskDetail,
  TaskFailure,
  TaskPage,
  TaskPhase,
  TaskStatus,
  TaskSubmit,
  TaskView,
} from './task.ts'
export type { TaskRetryRequest } from './task-retry.ts'
export type { TopologyView } from './topology.ts'
export type {
  TrailClear,
  TrailCleared,
  TrailDeposits,
  TrailFollow,
  TrailFollowed,
  TrailLevels,
  TrailRead,
  TrailSetCreate,
  TrailSetPage,
  TrailSetView,
} from './trails.ts'
