/** The SDK on Node: the client, and the runtime of agents. */
export type { DecisionVerdict } from '#domain/consensus/verify-decision.ts'
export type { LinkEnd } from './agent/agent-link.ts'
export type { MessageHandler, RequestOptions, SendOptions } from './agent/agent-messages.ts'
export {
  type AgentTask,
  type RevocationCode,
  type TaskContext,
  TaskFailure,
  type TaskFailureOptions,
  type TaskHandler,
  TaskRevoked,
  type TaskUsage,
} from './agent/agent-task.ts'
export { SwarmAgent } from './agent/swarm-agent.ts'
export type {
  AgentNotice,
  BidAnswer,
  BidCall,
  BidHandler,
  SwarmAgentOptions,
} from './agent/swarm-agent-options.ts'
export type { TrainedModel, TrainingHandler, TrainingRound } from './agent/training-rounds.ts'
export type { AgentDecision, Ballot, OpenProposal, ProposalHandler } from './agent/voting/open-proposal.ts'
export type { ConsensusClient } from './client/consensus-client.ts'
export type { ControlsClient } from './client/controls-client.ts'
export type { EventItem, FeedRequest, OpenFeed } from './client/event-feed.ts'
export type { EventSubscription, SubscriptionOptions } from './client/event-subscription.ts'
export type { HttpConnectionOptions } from './client/http-connection.ts'
export type { AdviceOptions, ExperienceFilter, LearningClient } from './client/learning-client.ts'
export type { MemoryClient } from './client/memory-client.ts'
export type { MemoryReplica, ReplicaState } from './client/memory-replica.ts'
export type { ModelClient, ModelContent, ModelUpdate } from './client/model-client.ts'
export type { ScheduleInput, SchedulesClient } from './client/schedules-client.ts'
export { openSseFeed } from './client/sse-feed.ts'
export { SwarmApiError, type SwarmApiErrorCode } from './client/swarm-api-error.ts'
export type {
  AgentFilter,
  CallOptions,
  PageOptions,
  PatternFilter,
  ProposalFilter,
  ReadEventsOptions,
  SubmitOptions,
  SwarmClientOptions,
  TaskFilter,
  WaitOptions,
} from './client/swarm-client-options.ts'
export type { TrailDeposit, TrailFollowInput, TrailOption, TrailsClient } from './client/trails-client.ts'
export { openWebSocketFeed } from './client/websocket-feed.ts'
export type { PayloadText, TaskTexts } from './json/exact-texts.ts'
export { RawJson, rawJson } from './json/raw-json.ts'
export { SwarmClient } from './node-swarm-client.ts'
export { verifyDecision } from './verify-decision.ts'
