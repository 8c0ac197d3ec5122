import { describe, expect, it } from 'vitest'
import {
  AGENT_TRAILS_DEFAULTS,
  AgentTrails,
  type AgentTrailsState,
} from '#domain/intelligence/trails/agent-trails.ts'
import { agentId } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

const [ada, bob] = [agentId('ada'), agentId('bob')]
const agents = [{ agentId: ada }, { agentId: bob }]

describe('trails from task types to agents', () => {
  it('are strengthened by success, weakened by failure, and fade with the outcomes of their type', () => {
    const trails = new AgentTrails(() => AGENT_TRAILS_DEFAULTS)
    const untouched = trails.level('a', ada)
    trails.record({ type: 'a', agentId: ada, hasSucceeded: true })
    expect(trails.level('a', ada)).toBeCloseTo(untouched * 0.98 + 0.15, 12)
    expect(trails.level('a', bob)).toBeCloseTo(untouched * 0.98, 12)
    trails.record({ type: 'a', agentId: bob, hasSucceeded: false })
    expect(trails.level('a', bob)).toBeCloseTo(untouched * 0.98 ** 2 - 0.15, 12)
    expect(trails.level('b', bob)).toBe(untouched)
  })

  it('stay within their limits', () => {
    const trails = new AgentTrails(() => AGENT_TRAILS_DEFAULTS)
    for (let count = 0; count < 30; count += 1) {
      trails.record({ type: 'a', agentId: ada, hasSucceeded: true })
      trails.record({ type: 'a', agentId: bob, hasSucceeded: false })
    }
    expect([trails.level('a', ada), trails.level('a', bob)]).toEqual([expect.closeTo(0.98, 9), 0.05])
  })

  it('lead most tasks to the stronger trail, and some to the others', () => {
    const trails = new AgentTrails(() => AGENT_TRAILS_DEFAULTS)
    for (let count = 0; count < 9; count += 1) trails.record({ type: 'a', agentId: ada, hasSucceeded: true })
    const random = new SeededRandom(1)
    const drawn = Array.from({ length: 1_000 }, () => trails.draw('a', agents, random)?.agentId)
    const share = drawn.filter((id) => id === ada).length / drawn.length
    expect(share).toBeGreaterThan(0.85)
    expect(share).toBeLessThan(1)
    expect(trails.draw('a', [], random)).toBeUndefined()
  })

  it('are the same when they are built again from their state', () => {
    const trails = new AgentTrails(() => AGENT_TRAILS_DEFAULTS)
    for (const type of ['a', '__proto__', 'b'])
      for (const id of [ada, bob, ada]) trails.record({ type, agentId: id, hasSucceeded: id === ada })
    const again = new AgentTrails(
      () => AGENT_TRAILS_DEFAULTS,
      JSON.parse(JSON.stringify(trails.state)) as AgentTrailsState,
    )
    expect(again.level('__proto__', ada)).toBe(trails.level('__proto__', ada))
    expect(again.state).toEqual(trails.state)
  })
})
