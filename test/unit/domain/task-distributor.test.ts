import { describe, expect, it } from 'vitest'
import { anAgent, Cluster, submit } from './cluster.ts'

describe('TaskDistributor', () => {
  it('waits between tries while the store refuses, and goes on by itself', async () => {
    let isStoreDown = false
    let refusals = 0
    const cluster = new Cluster({
      faultFor: () => {
        if (!isStoreDown) return undefined
        refusals += 1
        // Tries without a pause would never let this test go on.
        return refusals < 1_000 ? { fail: 'before_commit' } : { delayMs: 3_600_000 }
      },
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    await submit(node, 't1', { delayMs: 100 })
    await submit(node, 't2', { delayMs: 100 })
    isStoreDown = true
    await cluster.pass(1_000)
    expect(refusals).toBeGreaterThan(0)
    expect(refusals).toBeLessThanOrEqual(2 * (1 + 1_000 / 200))
    expect(ada.assignments).toEqual([])

    isStoreDown = false
    await cluster.pass(1_000)
    expect(ada.assignments.map(({ taskId }) => taskId).toSorted()).toEqual(['t1', 't2'])
  })
})
