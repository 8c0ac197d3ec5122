import { describe, expect, it } from 'vitest'
import type { EventName, SwarmEvent } from '#contract/index.ts'
import { ALL_CAPABILITIES, capabilitiesOf } from '../../../examples/code-review/capabilities.ts'
import { quantiles } from '../../../examples/code-review/quantiles.ts'
import { RunLedger } from '../../../examples/code-review/run-ledger.ts'

describe('capabilitiesOf', () => {
  it.each([1, 2, 3, 5, 8, 9, 20])(
    'has everything done among %i agents, by two of them where there are two',
    (count) => {
      const agents = Array.from({ length: count }, (_, index) => capabilitiesOf(index, count))
      for (const capability of ALL_CAPABILITIES) {
        const able = agents.filter((capabilities) => capabilities.includes(capability))
        expect(able.length, capability).toBeGreaterThanOrEqual(Math.min(2, count))
      }
      for (const capabilities of agents) expect(capabilities).not.toEqual([])
    },
  )

  it('gives eight agents different things to do', () => {
    const agents = Array.from({ length: 8 }, (_, index) => capabilitiesOf(index, 8).join())
    expect(new Set(agents).size).toBe(8)
  })
})

describe('quantiles', () => {
  it('takes the nearest rank', () => {
    const durations = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5]
    expect(quantiles(durations)).toEqual({ p50Ms: 5, p90Ms: 9, maxMs: 10 })
    expect(quantiles([])).toEqual({ p50Ms: 0, p90Ms: 0, maxMs: 0 })
  })
})

describe('RunLedger', () => {
  function ledgerOf(...events: readonly [EventName, string, object?][]): RunLedger {
    const ledger = new RunLedger()
    for (const [name, subject, data] of events) {
      ledger.take({ type: `amos.${name}`, subject, data: data ?? {} } as unknown as SwarmEvent)
    }
    return ledger
  }

  it('sums the outcomes up to what was submitted', () => {
    const ledger = ledgerOf(
      ...['a', 'b', 'c', 'd', 'e'].map((id): [EventName, string, object] => [
        'task.submitted',
        id,
        { taskType: 't' },
      ]),
      ['task.completed', 'a', { runMs: 5 }],
      ['task.failed', 'b', { phase: 'done' }],
      ['task.failed', 'c', { phase: 'dead_letter' }],
      ['task.canceled', 'd'],
      ['task.rejected', 'e'],
    )
    expect(ledger.countOutcomes()).toEqual({
      submitted: 5,
      completed: 1,
      failed: 2,
      canceled: 1,
      deadLetter: 1,
    })
    expect(ledger.finishedCount).toBe(5)
  })

  it('remembers who went on with a task that its agent did not finish', () => {
    const ledger = ledgerOf(
      ['task.submitted', 'a', { taskType: 'review.links' }],
      ['task.assigned', 'a', { agentId: 'ada', waitMs: 3 }],
      ['task.retrying', 'a', { agentId: 'ada', outcome: 'expired' }],
      ['task.assigned', 'a', { agentId: 'bob', waitMs: 4 }],
      ['task.completed', 'a', { runMs: 20 }],
    )
    expect(ledger.handovers).toEqual([{ taskId: 'a', type: 'review.links', from: 'ada', to: 'bob' }])
    expect(ledger.repeatedCount).toBe(1)
    expect(ledger.stories).toMatchObject([{ waitsMs: [3, 4], runMs: 20, outcome: 'completed' }])
  })

  it('refuses books in which a task ends twice', () => {
    const ledger = ledgerOf(['task.submitted', 'a', { taskType: 't' }], ['task.completed', 'a', { runMs: 1 }])
    const again = { type: 'amos.task.canceled', subject: 'a', data: {} } as unknown as SwarmEvent
    expect(() => ledger.take(again)).toThrow('ended twice')
  })
})
