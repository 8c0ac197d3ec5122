import type { Observation } from './observation.ts'
import { RecentMap } from './tally.ts'

/** What the observer needs of an event; events of the log and events of an exported file both fit. */
export interface ObservableEvent {
  readonly sequence: number
  /** Without the prefix `amos.` of the wire. */
  readonly type: string
  readonly subject: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly data: Readonly<Record<string, unknown>>
}

const TASKS_MAX = 20_000
const RELATED_MAX = 32
const WAITS_FOR_MAX = 32

const PRESENCE: Readonly<Record<string, boolean>> = {
  'agent.online': true,
  'agent.released': true,
  'agent.breaker_closed': true,
  'agent.offline': false,
  'agent.draining': false,
  'agent.removed': false,
  'agent.quarantined': false,
  'agent.breaker_opened': false,
}

const OUTCOMES: Readonly<Record<string, 'completed' | 'failed' | 'returned'>> = {
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.retrying': 'failed',
  'task.rejected': 'failed',
  'task.released': 'returned',
  'task.canceled': 'returned',
}

/**
 * Makes observations from the events of one log, in bounded memory. Events that say nothing to a detector, or that
 * lack a field, give none.
 */
export class EventObserver {
  /** The newest holder of each task, also after the task has ended. */
  readonly #holders = new RecentMap<string>(TASKS_MAX)
  /** The parent of a task and the tasks it depends on. */
  readonly #related = new RecentMap<readonly string[]>(TASKS_MAX)
  #at = Number.NEGATIVE_INFINITY

  observe(event: ObservableEvent): Observation[] {
    // The wall clock may be set back, and another node may write on.
    this.#at = Math.max(this.#at, event.time)
    const { type, subject, data } = event
    const base = { sequence: event.sequence, at: this.#at }
    const isPresent = Object.hasOwn(PRESENCE, type) ? PRESENCE[type] : undefined
    if (isPresent !== undefined) return [{ kind: 'presence', ...base, agentId: subject, isPresent }]
    if (type.startsWith('task.')) return this.#task(event, base)
    if (type === 'proposal.ballot_cast') {
      const [voter, choice] = [textOf(data, 'voter'), textOf(data, 'choice')]
      if (voter === undefined || choice === undefined) return []
      return [{ kind: 'ballot', ...base, proposalId: subject, voter, choice }]
    }
    if (type === 'proposal.decided' || type === 'proposal.undecided') {
      return [{ kind: 'proposal_closed', ...base, proposalId: subject }]
    }
    return []
  }

  #task(
    { type, subject: taskId, data }: ObservableEvent,
    base: { sequence: number; at: number },
  ): Observation[] {
    if (type === 'task.submitted') this.#remember(taskId, data)
    const agentId = textOf(data, 'agentId')
    if (agentId === undefined) return []
    const outcome = Object.hasOwn(OUTCOMES, type) ? OUTCOMES[type] : undefined
    if (outcome !== undefined) return [{ kind: 'ended', ...base, taskId, agentId, outcome }]
    if (type === 'task.progress') {
      return [{ kind: 'waits', ...base, taskId, agentId, waitsFor: textsOf(data, 'waitsFor', WAITS_FOR_MAX) }]
    }
    if (type !== 'task.assigned') return []
    const taskType = textOf(data, 'taskType') ?? ''
    return [
      { kind: 'assigned', ...base, taskId, taskType, agentId },
      ...this.#together(taskId, agentId, base),
    ]
  }

  #remember(taskId: string, data: Readonly<Record<string, unknown>>): void {
    const parent = textOf(data, 'parentTaskId')
    const related = [...(parent === undefined ? [] : [parent]), ...textsOf(data, 'dependsOn', RELATED_MAX)]
    if (related.length > 0) this.#related.set(taskId, related)
  }

  #together(taskId: string, agentId: string, base: { sequence: number; at: number }): Observation[] {
    this.#holders.set(taskId, agentId)
    return (this.#related.get(taskId) ?? []).flatMap((other): Observation[] => {
      const holder = this.#holders.get(other)
      if (holder === undefined || holder === agentId) return []
      return [{ kind: 'worked_together', ...base, workId: `${other} ${taskId}`, agentIds: [holder, agentId] }]
    })
  }
}

function textOf(data: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(data, name) ? data[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function textsOf(data: Readonly<Record<string, unknown>>, name: string, countMax: number): string[] {
  const value = Object.hasOwn(data, name) ? data[name] : undefined
  if (!Array.isArray(value)) return []
  return value.filter((item): item is string => typeof item === 'string').slice(0, countMax)
}
