/** The SDK on Node: the client, and the runtime of agents. */
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
} from './agent/agent-task.ts'
export { type AgentNotice, SwarmAgent, type SwarmAgentOptions } from './agent/swarm-agent.ts'
export type { EventItem, FeedRequest, OpenFeed } from './client/event-feed.ts'
export type { EventSubscription, SubscriptionOptions } from './client/event-subscription.ts'
export type { HttpConnectionOptions } from './client/http-connection.ts'
export { openSseFeed } from './client/sse-feed.ts'
export { SwarmApiError, type SwarmApiErrorCode } from './client/swarm-api-error.ts'
export type {
  AgentFilter,
  CallOptions,
  PageOptions,
  ReadEventsOptions,
  SubmitOptions,
  SwarmClientOptions,
  TaskFilter,
  WaitOptions,
} from './client/swarm-client-options.ts'
export { openWebSocketFeed } from './client/websocket-feed.ts'
export { SwarmClient } from './node-swarm-client.ts'
