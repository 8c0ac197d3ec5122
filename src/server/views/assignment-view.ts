import type { AssignedTask, Assignment as AssignmentView } from '#contract/claim.ts'
import type { Assignment } from '#domain/model/assignment.ts'
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
  const task: AssignedTask = {
    type: spec.type,
    capabilities: [...spec.capabilities],
    priority: spec.priority,
    timeoutMs: spec.timeoutMs,
    maxAttempts: spec.maxAttempts,
    dependsOn: [...spec.dependsOn],
    resources: spec.resources,
    metadata: spec.metadata,
  }
  if (spec.deadlineAt !== undefined) task.deadline = wireTime(spec.deadlineAt)
  if (spec.memoryRefs !== undefined) task.memoryRefs = [...spec.memoryRefs]
  if (spec.parentTaskId !== undefined) task.parentTaskId = spec.parentTaskId
  return task
}
