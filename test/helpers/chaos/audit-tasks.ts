import type { SwarmEvent } from '#contract/index.ts'
import type { Evidence } from './evidence.ts'
import { groupBy } from './group-by.ts'

const TERMINAL_TYPES: ReadonlySet<string> = new Set([
  'amos.task.completed',
  'amos.task.failed',
  'amos.task.canceled',
  'amos.task.rejected',
])

function isTerminal({ type }: SwarmEvent): boolean {
  return TERMINAL_TYPES.has(type)
}

export interface TaskEnds {
  readonly lost: readonly string[]
  readonly contradictory: readonly string[]
}

/** Every accepted task has exactly one end, and its record, its event and its result tell the same. */
export function endsOf({ load, log, tasks, results }: Evidence, hasForgotten: boolean): TaskEnds {
  const lost: string[] = []
  const contradictory: string[] = []
  const endings = groupBy(log.events.filter(isTerminal), ({ subject }) => subject)
  const known = new Set(log.events.map(({ subject }) => subject))

  for (const { taskId } of load.accepted) {
    // The submit itself was in what the store forgot: then all of the task is, or none of it.
    if (hasForgotten && !tasks.has(taskId)) {
      if (known.has(taskId)) contradictory.push(`${taskId} is forgotten, but not its events`)
      continue
    }
    if (!tasks.has(taskId)) lost.push(`${taskId} was accepted and does not exist`)
    else if (!endings.has(taskId)) lost.push(`${taskId} was accepted and never ended`)
  }
  for (const [taskId, [first, ...more]] of endings) {
    if (more.length > 0) contradictory.push(`${taskId} ended ${1 + more.length} times`)
    const status = tasks.get(taskId)?.status
    if (first?.type !== `amos.task.${status}`)
      contradictory.push(`${taskId} is ${status}, and its event says ${first?.type}`)
    if (status !== 'completed')
      lost.push(`${taskId} is ${status}, though nothing but faults of ours befell it`)
  }
  for (const [taskId, { fencingToken, agentId }] of results) {
    const ending = endings.get(taskId)?.[0]
    if (ending?.type !== 'amos.task.completed') continue
    if (ending.data.fencingToken !== fencingToken || ending.data.agentId !== agentId)
      contradictory.push(`${taskId} has the result of ${agentId}, not of ${ending.data.agentId}`)
  }
  return { lost, contradictory }
}
