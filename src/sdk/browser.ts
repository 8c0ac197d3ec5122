/** What runs in a browser: the client. It imports no package and nothing of Node. */
export type { ConsensusClient } from './client/consensus-client.ts'
export type { EventItem, FeedRequest, OpenFeed } from './client/event-feed.ts'
export type { EventSubscription, SubscriptionOptions } from './client/event-subscription.ts'
export type { HttpConnectionOptions } from './client/http-connection.ts'
export type { AdviceOptions, ExperienceFilter, LearningClient } from './client/learning-client.ts'
export type { MemoryClient } from './client/memory-client.ts'
export type { MemoryReplica, ReplicaState } from './client/memory-replica.ts'
export type { ModelClient, ModelContent, ModelUpdate } from './client/model-client.ts'
export { openSseFeed } from './client/sse-feed.ts'
export { SwarmApiError, type SwarmApiErrorCode } from './client/swarm-api-error.ts'
export { SwarmClient } from './client/swarm-client.ts'
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
export type { PayloadText, TaskTexts } from './json/exact-texts.ts'
export { RawJson, rawJson } from './json/raw-json.ts'
