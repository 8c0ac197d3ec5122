import type { SwarmEvent } from '#contract/index.ts'
import { completionsUnderStaleTokens, tokensGivenTwice } from './audit-fencing.ts'
import { endsOf } from './audit-tasks.ts'
import type { Evidence } from './evidence.ts'

export interface AuditOptions {
  /** The store itself came back without its newest writes: what it forgot is not owed. */
  readonly hasForgotten?: boolean
}

/** What is wrong, one line each, by the promise that it breaks; and the figures of the run. */
export interface AuditReport {
  /** Accepted, and without exactly one end. */
  readonly lost: readonly string[]
  /** With a second terminal event, or an end that the log and the record tell differently. */
  readonly contradictory: readonly string[]
  /** Completed, or changed, under a token that was no longer the newest; or one token given twice. */
  readonly stale: readonly string[]
  /** Numbers with two contents, holes without a gap, events seen twice. */
  readonly misnumbered: readonly string[]
  /** Agents that ended although nobody closed them, submits that were given up, and the like. */
  readonly broken: readonly string[]
  readonly figures: AuditFigures
}

export interface AuditFigures {
  readonly submits: number
  readonly retries: number
  readonly accepted: number
  readonly executions: number
  /** Executions beyond the first one of a task. */
  readonly again: number
  readonly events: number
  readonly gaps: number
  /** Accepted, and not known to the swarm any more. */
  readonly forgotten: number
}

/** Holds what clients, agents and the swarm say against each other. */
export function audit(evidence: Evidence, { hasForgotten = false }: AuditOptions = {}): AuditReport {
  const { load, log, followed, journal, tasks } = evidence
  const executions = journal.filter((entry) => entry.type === 'execution')
  const ends = endsOf(evidence, hasForgotten)
  return {
    lost: ends.lost,
    contradictory: ends.contradictory,
    stale: [...completionsUnderStaleTokens(evidence), ...tokensGivenTwice(executions)],
    misnumbered: [
      ...log.violations,
      ...followed.violations,
      ...numbersWithTwoContents(log.events, followed.events),
      ...missedByTheFollower(evidence),
    ],
    broken: [
      ...load.violations,
      ...load.refused.map(({ key, code }) => `submit ${key} was refused with ${code}`),
      ...journal
        .filter((entry) => entry.type === 'ended')
        .map(({ agentId, reason }) => `${agentId} ended: ${reason}`),
    ],
    figures: {
      submits: load.submitted,
      retries: load.retries,
      accepted: load.accepted.length,
      executions: executions.length,
      again: executions.length - new Set(executions.map(({ taskId }) => taskId)).size,
      events: log.events.length,
      gaps: followed.gaps.length,
      forgotten: load.accepted.filter(({ taskId }) => !tasks.has(taskId)).length,
    },
  }
}

/** By number and by id, over everything that was ever read. */
function numbersWithTwoContents(log: readonly SwarmEvent[], followed: readonly SwarmEvent[]): string[] {
  const bySequence = new Map(log.map((event) => [event.sequence, JSON.stringify(event)]))
  return followed.flatMap((event) => {
    const text = JSON.stringify(event)
    const other = bySequence.get(event.sequence)
    return other === undefined || other === text
      ? []
      : [`number ${event.sequence} has two contents: ${text}, ${other}`]
  })
}

/** Up to where it read: the log may have grown since. */
function missedByTheFollower({ log, followed }: Evidence): string[] {
  const seen = new Set(followed.events.map(({ id }) => id))
  const isSaid = (sequence: number): boolean =>
    followed.gaps.some(({ fromSequence, toSequence }) => fromSequence <= sequence && sequence <= toSequence)
  const missed = log.events.filter(
    ({ id, sequence }) => sequence <= followed.reached && !seen.has(id) && !isSaid(sequence),
  )
  return missed.map(({ id, type }) => `the follower never saw ${type} ${id}`)
}

/** For one line of output. */
export function describeFigures(figures: AuditFigures): string {
  const { submits, retries, accepted, executions, again, events, gaps, forgotten } = figures
  return (
    `${submits} submits (${retries} repeated), ${accepted} accepted, ${executions} executions (${again} again), ` +
    `${forgotten} forgotten, ${events} events, ${gaps} gaps`
  )
}
