import type { AssignedTask, ChannelFrameOf } from '#contract/index.ts'
import type { SwarmClient } from '../client/swarm-client.ts'
import { addText, type PayloadText } from '../json/exact-texts.ts'

/**
 * A task an agent was given.
 *
 * @typeParam Payload what the clients of this type of task submit; nothing checks that they do
 */
export interface AgentTask<Payload = unknown> extends AssignedTask {
  readonly taskId: string
  /** Proves the right to do the task. The agent sends it by itself; pass it on to systems that should refuse stale writers. */
  readonly fencingToken: number
  /** 1 for the first try. */
  readonly attempt: number
  /** What the client submitted, parsed. */
  readonly payload: Payload
  /**
   * The JSON text of `payload`, byte for byte as the client sent it: for numbers and keys that JavaScript values cannot
   * hold. Copies of the task and `JSON.stringify` leave it out.
   */
  readonly payloadText: string
}

/** What an attempt uses of budgets; seconds are measured by the server. */
export interface TaskUsage {
  readonly tokens?: number
  readonly money?: number
}

/** What a handler may say while it works. */
export interface TaskContext {
  /**
   * Aborted when the work is no longer wanted: the task was canceled or taken away, its lease was lost, its time is up,
   * or the agent closes. What the handler returns afterwards is dropped.
   */
  readonly signal: AbortSignal
  /** For the results of other tasks, or to submit more; with the agent's own rights. */
  readonly client: SwarmClient
  /** Says how far the work is. Only the newest of several in a short time is sent. @param ratio 0 to 1 */
  progress(ratio: number, message?: string): void
  /**
   * Adds to what the attempt has used, for the budgets that the task counts for. Where a handler never says, what the
   * task had reserved counts as used.
   */
  used(usage: TaskUsage): void
  /**
   * Says that this task cannot go on until each of these agents has done something; an empty list says that it goes on.
   * The swarm finds agents that wait for each other in a circle: see docs/patterns.md.
   */
  waitFor(agentIds: readonly string[]): void
  /** Gives the task back, to be done by another agent: no attempt is used up. Ends the handler: write `return context.release(…)`. */
  release(reason: string): never
  /** Says that this should never have been asked for; nobody tries again. Ends the handler. */
  reject(error: Error | string): never
}

/**
 * Does one kind of task. What it returns, as JSON, is the task's result. What it throws fails the attempt: another one
 * follows while there are any left, unless it throws a {@link TaskFailure} that says otherwise.
 *
 * @typeParam Payload of the task
 * @typeParam Result as the client reads it
 */
export type TaskHandler<Payload = unknown, Result = unknown> = (
  task: AgentTask<Payload>,
  context: TaskContext,
) => Result | Promise<Result>

/** What a {@link TaskFailure} says besides its message. */
export interface TaskFailureOptions extends ErrorOptions {
  /** What a program can act on, for instance `quota_exhausted`. Default `handler_error`. */
  readonly code?: string
  /** Whether another attempt may help. Default true. */
  readonly retryable?: boolean
}

/** Thrown by a handler to say what is wrong, and whether trying again may help. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure'
  readonly code: string
  readonly retryable: boolean

  constructor(
    message: string,
    { code = 'handler_error', retryable = true, ...options }: TaskFailureOptions = {},
  ) {
    super(message, options)
    this.code = code
    this.retryable = retryable
  }
}

/** Why a task's `signal` was aborted. */
export type RevocationCode = 'canceled' | 'revoked' | 'lease_lost' | 'timeout' | 'agent_closed'

/** The reason of a task's aborted `signal`. */
export class TaskRevoked extends Error {
  override readonly name = 'TaskRevoked'
  readonly code: RevocationCode

  constructor(code: RevocationCode, message: string) {
    super(message)
    this.code = code
  }
}

export function taskOf({
  taskId,
  fencingToken,
  attempt,
  task,
  payload,
  payloadText,
}: ChannelFrameOf<'task.assigned'> & PayloadText): AgentTask {
  const assigned = { ...task, taskId, fencingToken, attempt, payload }
  return addText(assigned, 'payload', payloadText ?? 'null')
}
