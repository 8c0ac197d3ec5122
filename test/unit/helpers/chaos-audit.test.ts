import { describe, expect, it } from 'vitest'
import type { SwarmEvent, TaskView } from '#contract/index.ts'
import type { Execution, JournalEntry } from '../../helpers/chaos/agent-journal.ts'
import { type AuditReport, audit } from '../../helpers/chaos/audit.ts'
import type { Evidence } from '../../helpers/chaos/evidence.ts'
import { LogReading } from '../../helpers/chaos/log-reading.ts'

/** A run without a fault: one task, submitted, assigned to ada under token 7, done by her. */
const SUBMITTED = event(1, 'task.submitted', { taskType: 'chaos', priority: 3, phase: 'queued' })
const ASSIGNED = event(2, 'task.assigned', { agentId: 'ada', attempt: 1, fencingToken: 7, waitMs: 0 })
const COMPLETED = event(3, 'task.completed', { agentId: 'ada', attempt: 1, fencingToken: 7, runMs: 9 })
const BY_ADA: Execution = {
  type: 'execution',
  agentId: 'ada',
  taskId: 't1',
  attempt: 1,
  fencingToken: 7,
  at: 1,
}

interface Told {
  readonly log?: readonly SwarmEvent[]
  readonly followed?: readonly SwarmEvent[]
  readonly journal?: readonly JournalEntry[]
  readonly status?: string
  readonly accepted?: readonly string[]
  readonly resultToken?: number
}

function auditOf(told: Told, hasForgotten = false): AuditReport {
  const { log = [SUBMITTED, ASSIGNED, COMPLETED], journal = [BY_ADA], status = 'completed' } = told
  const { followed = log, accepted = ['t1'], resultToken = 7 } = told
  const evidence = {
    load: {
      accepted: accepted.map((taskId) => ({ taskId, durability: 'synced', answeredAt: 0 })),
      refused: [],
      violations: [],
      submitted: accepted.length,
      retries: 0,
    },
    journal,
    followed: { events: followed, gaps: [], violations: [], reached: 3 },
    log: { events: log, gaps: [], violations: [] },
    tasks: new Map([['t1', { taskId: 't1', status } as TaskView]]),
    results: new Map([['t1', { agentId: 'ada', fencingToken: resultToken }]]),
  }
  return audit(evidence as unknown as Evidence, { hasForgotten })
}

function event(sequence: number, name: string, data: object): SwarmEvent {
  return {
    specversion: '1.0',
    id: `1-${sequence}`,
    source: '/v1/swarms/default',
    type: `amos.${name}`,
    subject: 't1',
    time: '2026-01-01T12:00:00.000Z',
    datacontenttype: 'application/json',
    sequence,
    data,
  } as SwarmEvent
}

describe('the audit of the chaos tests', () => {
  it('finds nothing wrong with a run without a fault', () => {
    expect(auditOf({})).toMatchObject({
      lost: [],
      contradictory: [],
      stale: [],
      misnumbered: [],
      broken: [],
      figures: { accepted: 1, executions: 1, again: 0, events: 3, forgotten: 0 },
    })
  })

  it('misses a task that was accepted and is not there, unless the store itself forgot it', () => {
    const accepted = ['t1', 't2']
    expect(auditOf({ accepted }).lost).toHaveLength(1)
    expect(auditOf({ accepted }, true)).toMatchObject({ lost: [], figures: { forgotten: 1 } })
  })

  it('misses a task that never ended', () => {
    expect(auditOf({ log: [SUBMITTED, ASSIGNED], status: 'working' }).lost).toHaveLength(1)
  })

  it('objects to a second end, and to a record that tells another end than the log', () => {
    const again = { ...COMPLETED, id: '1-4', sequence: 4 }
    expect(auditOf({ log: [SUBMITTED, ASSIGNED, COMPLETED, again] }).contradictory).toHaveLength(1)
    expect(auditOf({ status: 'failed' }).contradictory).toHaveLength(1)
    expect(auditOf({ resultToken: 6 }).contradictory).toHaveLength(1)
  })

  it('objects to a completion under a token that was no longer the newest', () => {
    const toBob = event(3, 'task.assigned', { agentId: 'bob', attempt: 2, fencingToken: 8, waitMs: 0 })
    const late = { ...COMPLETED, id: '1-4', sequence: 4 }
    expect(auditOf({ log: [SUBMITTED, ASSIGNED, toBob, late] }).stale).toHaveLength(1)
  })

  it('objects to a token that does not grow, and to one that two agents worked under', () => {
    const toBob = event(3, 'task.assigned', { agentId: 'bob', attempt: 2, fencingToken: 7, waitMs: 0 })
    const byBob = { ...COMPLETED, id: '1-4', sequence: 4, data: { ...COMPLETED.data, agentId: 'bob' } }
    const journal = [BY_ADA, { ...BY_ADA, agentId: 'bob' }]
    const { stale } = auditOf({ log: [SUBMITTED, ASSIGNED, toBob, byBob as SwarmEvent], journal })
    expect(stale).toHaveLength(2)
  })

  it('objects to a completion by an agent that never worked on the task', () => {
    expect(auditOf({ journal: [] }).stale).toHaveLength(1)
  })

  it('objects to a number with two contents, and to an event the follower never saw', () => {
    const other = { ...COMPLETED, time: '2026-01-01T12:00:01.000Z' }
    expect(auditOf({ followed: [SUBMITTED, ASSIGNED, other] }).misnumbered).toHaveLength(1)
    expect(auditOf({ followed: [SUBMITTED, COMPLETED] }).misnumbered).toHaveLength(1)
  })

  it('objects to an agent that ended although nobody closed it', () => {
    const ended = { type: 'ended', agentId: 'ada', reason: 'refused', at: 2 } as const
    expect(auditOf({ journal: [BY_ADA, ended] }).broken).toEqual(['ada ended: refused'])
  })
})

describe('the reading of a log', () => {
  const readingOf = (...items: Parameters<LogReading['take']>[0][]): LogReading => {
    const reading = new LogReading()
    for (const item of items) reading.take(item)
    return reading
  }
  const eventAt = (sequence: number) => ({ type: 'event', event: { ...COMPLETED, sequence } }) as const
  const gap = (fromSequence: number, toSequence: number) =>
    ({ type: 'gap', fromSequence, toSequence, reason: 'lost' }) as const

  it('takes each number once, or a gap that names it', () => {
    expect(readingOf(eventAt(1), eventAt(2)).violations).toEqual([])
    expect(readingOf(eventAt(1), gap(2, 4), gap(5, 6), eventAt(7))).toMatchObject({
      violations: [],
      reached: 7,
    })
  })

  it('lets a gap void what was read of a lost tail', () => {
    expect(readingOf(eventAt(1), eventAt(2), gap(2, 2), eventAt(3)).violations).toEqual([])
    expect(readingOf(eventAt(1), eventAt(2), gap(2, 9), eventAt(10)).violations).toEqual([])
  })

  it('objects to holes, also before a gap, and to numbers that come back', () => {
    expect(readingOf(eventAt(1), eventAt(3)).violations).toHaveLength(1)
    expect(readingOf(eventAt(1), gap(3, 4), eventAt(5)).violations).toHaveLength(1)
    expect(readingOf(eventAt(1), eventAt(1)).violations).toHaveLength(1)
    expect(readingOf(eventAt(1), eventAt(2), gap(2, 4), eventAt(2)).violations).toHaveLength(1)
  })
})
