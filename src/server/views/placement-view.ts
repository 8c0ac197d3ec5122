import type { TaskPlacement, WaitReason as WireReason } from '#contract/placement.ts'
import type { DecisionRecord } from '#domain/model/decision-record.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { WaitReason } from '#domain/tasks/wait-reason.ts'
import { decisionView } from './decision-view.ts'
import { wireTime } from './wire-time.ts'

export function placementView(
  { taskId, status, phase }: TaskRecord,
  waiting: readonly WaitReason[],
  decision: DecisionRecord | undefined,
): TaskPlacement {
  return {
    taskId,
    status,
    phase,
    waiting: waiting.map(reasonView),
    ...(decision === undefined ? {} : { placement: decisionView(decision) }),
  }
}

function reasonView({ agentIds, waitingFor, since, until, ...rest }: WaitReason): WireReason {
  return {
    ...rest,
    ...(agentIds === undefined ? {} : { agentIds: [...agentIds] }),
    ...(waitingFor === undefined ? {} : { waitingFor: [...waitingFor] }),
    ...(since === undefined ? {} : { since: wireTime(since) }),
    ...(until === undefined ? {} : { until: wireTime(until) }),
  }
}
