import type { AgentStatus, PatternView, ProposalView, TaskPhase, TaskStatus } from '#contract/index.ts'
import type { OpenFeed } from './event-feed.ts'
import type { HttpConnectionOptions } from './http-connection.ts'

/** Which server, which swarm, and how to reach them. */
export interface SwarmClientOptions extends HttpConnectionOptions {
  /** Default `default`. */
  readonly swarmId?: string
  /** How events are read: {@link openSseFeed} by default, which works in every browser. */
  readonly openFeed?: OpenFeed
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call; what it asked for may have happened nevertheless. */
  readonly signal?: AbortSignal
}

/** Options of a submit. */
export interface SubmitOptions extends CallOptions {
  /**
   * The same key with the same body leads to the same task, for at least a day. By default each call makes up its own,
   * so that a repeated try cannot submit twice.
   */
  readonly idempotencyKey?: string
}

/** Which page of a list. */
export interface PageOptions extends CallOptions {
  /** 1 to 100, default 50. */
  readonly pageSize?: number
  /** The `nextPageToken` of the page before. */
  readonly pageToken?: string
}

/** Which tasks to list; all conditions count. */
export interface TaskFilter {
  readonly status?: TaskStatus
  readonly phase?: TaskPhase
  readonly type?: string
  /** Which this agent holds, or was the last to hold. */
  readonly agentId?: string
  readonly parentTaskId?: string
  /** `name=value`. */
  readonly label?: string
  readonly fairnessKey?: string
  readonly scheduleId?: string
  /** The code of its last failure. */
  readonly errorCode?: string
  /** RFC 3339 times: from `…After` (inclusive) to `…Before` (exclusive). */
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly finishedAfter?: string
  readonly finishedBefore?: string
  /** In its phase since before this time. */
  readonly inPhaseSince?: string
  /** Its agent has reported nothing on it since this time. */
  readonly noProgressSince?: string
  /** Default `-createdAt`: newest first. */
  readonly sort?: 'createdAt' | '-createdAt'
}

/** Which agents to list; all conditions count. */
export interface AgentFilter {
  readonly status?: AgentStatus
  readonly capability?: string
  /** As `name=value`. */
  readonly label?: string
}

/** Which proposals to list. */
export interface ProposalFilter {
  readonly status?: ProposalView['status']
}

/** Which patterns to list. */
export interface PatternFilter {
  readonly kind?: PatternView['kind']
  readonly status?: PatternView['status']
  readonly severity?: PatternView['severity']
  /** Patterns that name this agent. */
  readonly agentId?: string
}

/** Which events to read. */
export interface ReadEventsOptions extends CallOptions {
  /** The `id` of an event, a sequence number, or `next` of an earlier page; what comes after it is read. */
  readonly since?: string
  readonly types?: readonly string[]
  readonly subject?: string
  /** 1 to 100, default 50. */
  readonly pageSize?: number
}

/** How long to wait. */
export interface WaitOptions extends CallOptions {
  /** Gives up after so many milliseconds; never by default. */
  readonly timeoutMs?: number
}
