import type { SwarmEvent } from '#contract/index.ts'
import type { Execution } from './agent-journal.ts'
import type { Evidence } from './evidence.ts'
import { groupBy } from './group-by.ts'

interface Holder {
  readonly agentId: string
  readonly fencingToken: number
}

/** Walks the log: tokens only grow, and whoever starts, progresses or ends a task holds its newest token. */
export function completionsUnderStaleTokens({ log, journal }: Evidence): string[] {
  const violations: string[] = []
  const holders = new Map<string, Holder>()
  const executed = new Set(
    journal.filter((entry) => entry.type === 'execution').map((entry) => keyOf(entry.taskId, entry)),
  )
  for (const event of log.events) {
    const holder = holders.get(event.subject)
    if (event.type === 'amos.task.assigned') {
      if (holder !== undefined && holder.fencingToken >= event.data.fencingToken)
        violations.push(
          `${event.subject} was assigned under ${event.data.fencingToken} after ${holder.fencingToken}`,
        )
      holders.set(event.subject, event.data)
    } else if (isHoldersWord(event)) {
      if (holder?.fencingToken !== event.data.fencingToken || holder.agentId !== event.data.agentId)
        violations.push(
          `${event.type} ${event.id} came from ${event.data.agentId}, which did not hold the task`,
        )
      if (event.type === 'amos.task.completed' && !executed.has(keyOf(event.subject, event.data)))
        violations.push(`${event.subject} was completed by ${event.data.agentId}, which never worked on it`)
    }
  }
  return violations
}

type HoldersWord = Extract<
  SwarmEvent,
  { type: 'amos.task.started' | 'amos.task.progress' | 'amos.task.completed' }
>

function isHoldersWord(event: SwarmEvent): event is HoldersWord {
  return (
    event.type === 'amos.task.started' ||
    event.type === 'amos.task.progress' ||
    event.type === 'amos.task.completed'
  )
}

/** One token is one assignment: nobody works twice under it, neither two agents nor one agent two times. */
export function tokensGivenTwice(executions: readonly Execution[]): string[] {
  const byToken = groupBy(executions, (execution) => keyOf(execution.taskId, execution, false))
  return [...byToken].flatMap(([key, [first, ...more]]) =>
    more.length === 0
      ? []
      : [`${key} was worked on by ${[first, ...more].map((execution) => execution?.agentId).join(' and ')}`],
  )
}

function keyOf(taskId: string, { agentId, fencingToken }: Holder, withAgent = true): string {
  return withAgent ? `${taskId} under ${fencingToken} by ${agentId}` : `${taskId} under ${fencingToken}`
}
