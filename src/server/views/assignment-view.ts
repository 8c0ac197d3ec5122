import type { AssignedTask, Assignment as AssignmentView } from '#contract/claim.ts'
import type { Assignment } from '#domain/orchestration/assignment.ts'
import { wireTime } from './wire-time.ts'

/** An assignment without its payload, which is put in as the text it is kept as. */
export function assignmentView(assignment: Assignment): Omit<AssignmentView, 'payload'> {
  const { taskId, fencingToken, attempt, leaseMs, expiresAt } = assignment
  return {
    taskId,
    fencingToken,
    attempt,
    leaseMs,
    expiresAt: wireTime(expiresAt),
    task: assignedTask(assignment),
  }
}

export function claimReplyText(assignments: readonly Assignment[]): string {
  const texts = assignments.map((assignment) => {
    const withoutBrace = JSON.stringify(assignmentView(assignment)).slice(0, -1)
    return `${withoutBrace},"payload":${assignment.payload}}`
  })
  return `{"assignments":[${texts.join(',')}]}`
}

function assignedTask({ spec }: Assignment): AssignedTask {
  const { type, capabilities, priority, deadlineAt, timeoutMs, maxAttempts, dependsOn, resources } = spec
  return {
    type,
    capabilities: [...capabilities],
    priority,
    ...(deadlineAt === undefined ? {} : { deadline: wireTime(deadlineAt) }),
    timeoutMs,
    maxAttempts,
    dependsOn: [...dependsOn],
    resources,
    ...(spec.parentTaskId === undefined ? {} : { parentTaskId: spec.parentTaskId }),
    metadata: spec.metadata,
  }
}
