import type { AgentId, EpochMs, NodeId, ProposalId, SwarmId, TaskId } from './ids.ts'

/** One row for each failure a caller can act on; the value is what it gets to act with. */
export interface SwarmErrorDetails {
  /** The agent was registered anew or removed, and its token is void, since the request was made. */
  unauthorized: { readonly agentId: AgentId }
  swarm_not_found: { readonly swarmId: SwarmId }
  swarm_exists: { readonly swarmId: SwarmId }
  swarm_not_empty: { readonly swarmId: SwarmId; readonly openTaskCount: number }
  agent_not_found: { readonly agentId: AgentId }
  agent_removed: { readonly agentId: AgentId }
  agent_exists: { readonly agentId: AgentId }
  agent_draining: { readonly agentId: AgentId }
  drain_ordered: { readonly agentId: AgentId }
  agent_on_channel: { readonly agentId: AgentId }
  session_superseded: { readonly agentId: AgentId; readonly epoch: number }
  session_unknown: { readonly agentId: AgentId }
  task_not_found: { readonly taskId: TaskId }
  task_finished: { readonly taskId: TaskId; readonly status: string }
  task_not_finished: { readonly taskId: TaskId; readonly status: string }
  dependency_not_found: { readonly taskId: TaskId }
  parent_not_open: { readonly taskId: TaskId }
  deadline_passed: { readonly deadlineAt: EpochMs }
  /** `status` where the task is over: `canceled` tells an agent why its work is not wanted any more. */
  lease_lost: { readonly taskId: TaskId; readonly heldBy: AgentId | null; readonly status?: string }
  decision_not_found: { readonly taskId: TaskId }
  /** `target` as in `controlId`. */
  control_not_found: { readonly target: string }
  budget_not_found: { readonly target: string }
  pattern_not_found: { readonly patternId: string }
  schedule_not_found: { readonly scheduleId: string }
  schedule_exists: { readonly scheduleId: string }
  /** A cron expression or a time zone that does not exist. */
  schedule_unsound: { readonly reason: string }
  idempotency_key_reused: { readonly idempotencyKey: string }
  idempotency_in_flight: { readonly idempotencyKey: string }
  version_conflict: { readonly expected: number; readonly actual: number }
  limit_exceeded: { readonly limitName: string; readonly limit: number; readonly actual: number }
  no_route: { readonly from: AgentId; readonly to: AgentId; readonly reason: string }
  recipient_unavailable: { readonly agentId: AgentId }
  backpressure: { readonly agentId: AgentId; readonly retryAfterMs: number }
  key_refused: { readonly agentId: AgentId; readonly reason: string }
  proposal_not_found: { readonly proposalId: ProposalId }
  proposal_exists: { readonly proposalId: ProposalId }
  proposal_closed: { readonly proposalId: ProposalId; readonly status: string }
  proposal_unsound: { readonly reason: string }
  electorate_unsound: { readonly reason: string }
  not_a_voter: { readonly agentId: AgentId }
  ballot_refused: { readonly agentId: AgentId; readonly reason: string }
  /** The caller may not read or write the namespace. */
  memory_forbidden: { readonly namespace: string; readonly access: 'read' | 'write' }
  memory_not_found: { readonly namespace: string; readonly key: string }
  memory_type_conflict: {
    readonly namespace: string
    readonly key: string
    readonly expected: string
    readonly actual: string
  }
  memory_invalid: { readonly reason: string }
  group_not_found: { readonly group: string }
  trail_set_not_found: { readonly trailSet: string }
  trail_set_exists: { readonly trailSet: string }
  trail_settings_unsound: { readonly trailSet: string; readonly reason: string }
  model_not_found: { readonly model: string; readonly version?: number }
  model_exists: { readonly model: string }
  model_unsound: { readonly model: string; readonly reason: string }
  round_not_found: { readonly roundId: string }
  round_refused: { readonly roundId: string; readonly reason: string }
  update_refused: { readonly roundId: string; readonly agentId: AgentId; readonly reason: string }
  no_leader: { readonly swarmId: SwarmId }
  cursor_invalid: { readonly cursor: string }
  record_damaged: { readonly kind: string; readonly id: string }
  store_not_lost: { readonly storeId: string; readonly lostStoreId: string | null }
  store_unavailable: { readonly reason: string; readonly retryAfterMs: number }
  not_coordinator: { readonly coordinatorId: NodeId | null }
  coordinator_unavailable: { readonly retryAfterMs: number }
  draining: { readonly retryAfterMs: number }
}
export type SwarmErrorCode = keyof SwarmErrorDetails

/** What another try with the same request may cure; everything else needs a changed request or state. */
const RETRYABLE: ReadonlySet<SwarmErrorCode> = new Set([
  'idempotency_in_flight',
  'limit_exceeded',
  'recipient_unavailable',
  'backpressure',
  'store_unavailable',
  'not_coordinator',
  'coordinator_unavailable',
  'draining',
])

export class SwarmError<C extends SwarmErrorCode = SwarmErrorCode> extends Error {
  override readonly name: string = 'SwarmError'
  readonly code: C
  readonly details: SwarmErrorDetails[C]

  constructor(code: C, details: SwarmErrorDetails[C], options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(details)}`, options)
    this.code = code
    this.details = details
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.code)
  }
}

/** True for a SwarmError, of one of the given codes where some are given. */
export function isSwarmError<C extends SwarmErrorCode>(
  error: unknown,
  ...codes: C[]
): error is SwarmError<C> {
  return error instanceof SwarmError && (codes.length === 0 || codes.includes(error.code as C))
}

/** @throws SwarmError `version_conflict` where a version is expected and another one stands. */
export function refuseOtherVersion(expected: number | undefined, actual: number): void {
  if (expected !== undefined && expected !== actual)
    throw new SwarmError('version_conflict', { expected, actual })
}

/** For states that only a bug of ours can reach. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${invariant}`)
}

export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
