import type { AgentStatus, TaskPhase, TaskStatus } from '#contract/index.ts'
import type { OpenFeed } from './event-feed.ts'
import type { HttpConnectionOptions } from './http-connection.ts'

export interface SwarmClientOptions extends HttpConnectionOptions {
  /** Default `default`. */
  readonly swarmId?: string
  /** How events are read: {@link openSseFeed} by default, which works in every browser. */
  readonly openFeed?: OpenFeed
}

export interface CallOptions {
  /** Ends the call; what it asked for may have happened nevertheless. */
  readonly signal?: AbortSignal
}

export interface SubmitOptions extends CallOptions {
  /**
   * The same key with the same body leads to the same task, for at least a day. By default each call makes up its own,
   * so that a repeated try cannot submit twice.
   */
  readonly idempotencyKey?: string
}

export interface PageOptions extends CallOptions {
  /** 1 to 100, default 50. */
  readonly pageSize?: number
  /** The `nextPageToken` of the page before. */
  readonly pageToken?: string
}

export interface TaskFilter {
  readonly status?: TaskStatus
  readonly phase?: TaskPhase
  readonly type?: string
  readonly agentId?: string
  readonly parentTaskId?: string
}

export interface AgentFilter {
  readonly status?: AgentStatus
  readonly capability?: string
  /** As `name=value`. */
  readonly label?: string
}

export interface ReadEventsOptions extends CallOptions {
  /** The `id` of an event, a sequence number, or `next` of an earlier page; what comes after it is read. */
  readonly since?: string
  readonly types?: readonly string[]
  readonly subject?: string
  /** 1 to 100, default 50. */
  readonly pageSize?: number
}

export interface WaitOptions extends CallOptions {
  /** Gives up after so many milliseconds; never by default. */
  readonly timeoutMs?: number
}
