import { describe, expect, it } from 'vitest'
import { EmergentBehavior } from '#domain/intelligence/patterns/emergent-behavior.ts'
import { EventObserver, type ObservableEvent } from '#domain/intelligence/patterns/event-observer.ts'
import type { Finding } from '#domain/intelligence/patterns/pattern.ts'
import { PatternTracker } from '#domain/intelligence/patterns/pattern-tracker.ts'
import { patternSettings } from '#domain/model/pattern-settings.ts'

const BASE = {
  kind: 'herding',
  key: 'swarm',
  agentIds: ['ada'],
  evidence: [7, 9],
  taskIds: [],
  groups: [],
} as const
const SEEN: Finding = { ...BASE, pValue: 1e-6, effect: 0.4, at: 90 }

describe('PatternTracker', () => {
  it('makes one pattern of findings with the same key, until its detector was quiet twice', () => {
    const tracker = new PatternTracker()
    const [detected] = tracker.judged('herding', { found: [SEEN] }, 9, 100)
    expect(detected).toMatchObject({
      type: 'detected',
      pattern: { patternId: '000000000009-herding', severity: 'medium', firstSeenAt: 100 },
    })
    tracker.judged('herding', { found: [] }, 20, 150)
    const again = { ...SEEN, agentIds: ['bob'], evidence: [21], effect: 0.9, pValue: 1e-3 }
    const [seenAgain] = tracker.judged('herding', { found: [again] }, 21, 200)
    expect(seenAgain).toMatchObject({
      type: 'seen_again',
      pattern: {
        patternId: '000000000009-herding',
        severity: 'high',
        agentIds: ['bob', 'ada'],
        pValue: 1e-6,
        findings: 2,
        firstSequence: 7,
        lastSequence: 21,
      },
    })
    expect(tracker.judged('herding', { found: [] }, 30, 300)).toEqual([])
    expect(tracker.judged('synchrony', { found: [] }, 31, 310)).toEqual([])
    const [ended] = tracker.judged('herding', { found: [] }, 32, 320)
    expect(ended).toMatchObject({ type: 'ended', pattern: { status: 'ended', lastSeenAt: 200 } })
    expect(tracker.active).toEqual([])
  })

  it('ends a pattern that nothing was heard of for a long time', () => {
    const tracker = new PatternTracker(1_000)
    tracker.judged('herding', { found: [SEEN] }, 9, 100)
    expect(tracker.expire(1_100)).toEqual([])
    expect(tracker.expire(1_101)).toMatchObject([{ type: 'ended' }])
  })

  it('ends only the named pattern of a detector that says what is over', () => {
    const tracker = new PatternTracker()
    tracker.judged('wait_cycle', { found: [{ ...SEEN, kind: 'wait_cycle', key: 'a|b' }], over: [] }, 9, 100)
    tracker.judged('wait_cycle', { found: [{ ...SEEN, kind: 'wait_cycle', key: 'c|d' }], over: [] }, 10, 110)
    tracker.judged('wait_cycle', { found: [], over: ['a|b'] }, 11, 120)
    expect(tracker.active.map(({ key }) => key)).toEqual(['c|d'])
  })
})

describe('EventObserver', () => {
  const observer = () => new EventObserver()

  it.each([
    [
      event('task.assigned', 't1', { agentId: 'ada', taskType: 'tag' }),
      { kind: 'assigned', taskId: 't1', taskType: 'tag', agentId: 'ada' },
    ],
    [event('task.retrying', 't1', { agentId: 'ada' }), { kind: 'ended', outcome: 'failed' }],
    [event('task.released', 't1', { agentId: 'ada' }), { kind: 'ended', outcome: 'returned' }],
    [
      event('task.progress', 't1', { agentId: 'ada', waitsFor: ['bob', 7] }),
      { kind: 'waits', waitsFor: ['bob'] },
    ],
    [
      event('proposal.ballot_cast', 'p1', { voter: 'ada', choice: 'approve' }),
      { kind: 'ballot', voter: 'ada', choice: 'approve' },
    ],
    [event('agent.offline', 'ada', {}), { kind: 'presence', agentId: 'ada', isPresent: false }],
  ])('understands %j', (given, observation) => {
    expect(observer().observe(given)).toMatchObject([observation])
  })

  it.each([
    event('task.assigned', 't1', {}),
    event('task.assigned', 't1', { agentId: 7, taskType: null }),
    event('proposal.ballot_cast', 'p1', { voter: 'ada' }),
    event('task.__proto__', 't1', { agentId: 'ada' }),
    event('constructor', 't1', { agentId: 'ada' }),
    event('agent.constructor', 'ada', {}),
    event('', '', {}),
  ])('takes nothing from %j', (given) => {
    expect(observer().observe(given)).toEqual([])
  })

  it('ties the holders of a task, its parent and its dependencies', () => {
    const observed = observer()
    observed.observe(event('task.assigned', 'parent', { agentId: 'ada', taskType: 'x' }))
    observed.observe(event('task.submitted', 'child', { parentTaskId: 'parent', dependsOn: ['other'] }))
    observed.observe(event('task.assigned', 'other', { agentId: 'bob', taskType: 'x' }))
    const [, ...ties] = observed.observe(event('task.assigned', 'child', { agentId: 'cleo', taskType: 'x' }))
    expect(ties.map((tie) => tie.kind === 'worked_together' && tie.agentIds)).toEqual([
      ['ada', 'cleo'],
      ['bob', 'cleo'],
    ])
  })
})

describe('EmergentBehavior', () => {
  const waits = (sequence: number, agentId: string, waitsFor: readonly string[]) => ({
    ...event('task.progress', `task-of-${agentId}`, { agentId, waitsFor }),
    sequence,
  })

  it('tells a pattern when it begins and when it ends', () => {
    const behavior = new EmergentBehavior(patternSettings({}))
    expect(behavior.read(waits(1, 'ada', ['bob']))).toEqual([])
    expect(behavior.read(waits(2, 'bob', ['ada']))).toMatchObject([
      {
        type: 'detected',
        pattern: { patternId: '000000000002-wait-cycle', severity: 'high', evidence: [1, 2] },
      },
    ])
    expect(behavior.read(waits(3, 'bob', []))).toMatchObject([
      { type: 'ended', pattern: { patternId: '000000000002-wait-cycle' } },
    ])
  })

  it('sees nothing with a detector that is switched off, and ends what that one saw', () => {
    const behavior = new EmergentBehavior(patternSettings({}))
    behavior.read(waits(1, 'ada', ['bob']))
    behavior.read(waits(2, 'bob', ['ada']))
    const off = patternSettings({ wait_cycle: { isEnabled: false } })
    expect(behavior.configure(off)).toMatchObject([{ type: 'ended' }])
    expect(behavior.read(waits(3, 'bob', ['ada']))).toEqual([])
  })

  it('takes agents and tasks called like parts of an object', () => {
    const behavior = new EmergentBehavior(patternSettings({}))
    behavior.read(waits(1, '__proto__', ['constructor']))
    expect(behavior.read(waits(2, 'constructor', ['__proto__']))).toMatchObject([
      { pattern: { agentIds: ['constructor', '__proto__'] } },
    ])
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9])('refuses a window of %d', (window) => {
    expect(() => patternSettings({ herding: { window } })).toThrow(RangeError)
  })
})

function event(type: string, subject: string, data: Readonly<Record<string, unknown>>): ObservableEvent {
  return { sequence: 1, type, subject, time: 1_000, data }
}
