import { describe, expect, it } from 'vitest'
import { adviceOf } from '#domain/intelligence/learning/estimates/advice.ts'
import { LEARNING_DEFAULTS, LearningState } from '#domain/intelligence/learning/experience/learning-state.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { agentId, epochMs, swarmEpoch } from '#domain/model/ids.ts'

function event(sequence: number, type: string, data: Record<string, unknown>): SwarmEvent {
  const facts = { sequence, epoch: swarmEpoch(1), subject: `t${sequence}`, time: epochMs(sequence) }
  return { ...facts, type, data } as SwarmEvent
}
const completed = (sequence: number, agent = 'ada') =>
  event(sequence, 'task.completed', { taskType: 'sum', agentId: agent, runMs: 10 })

const stateAfter = (events: readonly SwarmEvent[], options: Partial<typeof LEARNING_DEFAULTS> = {}) => {
  const state = new LearningState({ ...LEARNING_DEFAULTS, ...options })
  for (const each of events) state.read(each)
  return state
}
const ALL = { after: 0, countMax: 100 }

describe('what is learned from the log', () => {
  it('counts attempts for agents and reports for methods, and lists ends of tasks only', () => {
    const state = stateAfter([
      event(1, 'task.retrying', { taskType: 'sum', agentId: 'ada' }),
      event(2, 'task.released', { taskType: 'sum', agentId: 'ada' }),
      completed(3),
      event(4, 'task.canceled', { taskType: 'sum' }),
      event(5, 'learning.outcome', {
        taskType: 'sum',
        agentId: 'ada',
        method: 'a',
        isSuccess: true,
        cost: 2,
      }),
      event(6, 'task.completed', { agentId: 'ada' }),
    ])
    expect(state.agents.of('sum').arms.get('ada')).toMatchObject({ count: 2 })
    const [advice] = adviceOf(state.methods.of('sum'), { costWeight: 0 })
    expect(advice).toMatchObject({ arm: 'a', count: 1, cost: { mean: 2 } })
    const { experiences } = state.experiences.find(ALL)
    expect(experiences.map(({ outcome, source }) => [outcome, source])).toEqual([
      ['completed', 'task'],
      ['canceled', 'task'],
      ['completed', 'report'],
    ])
    expect(state.experiences.find({ ...ALL, method: 'a' }).experiences).toHaveLength(1)
    expect(state.experiences.find({ ...ALL, agentId: agentId('bob') }).experiences).toEqual([])
  })

  it('pages through the newest experiences and keeps no more than it may', () => {
    const { experiences } = stateAfter(
      Array.from({ length: 35 }, (_, index) => completed(index + 1)),
      { experiencesMax: 10 },
    )
    const found: number[] = []
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: ReturnType<typeof experiences.find> = experiences.find({ after, countMax: 3 })
      found.push(...page.experiences.map(({ sequence }) => sequence))
      after = page.next
    }
    expect(found).toEqual([26, 27, 28, 29, 30, 31, 32, 33, 34, 35])
  })

  it('is the same after a snapshot, and goes on the same', () => {
    const events = Array.from({ length: 700 }, (_, index) => completed(index + 1, `agent-${index % 7}`))
    const reported = event(701, 'learning.outcome', { taskType: '__proto__', method: 'm', isSuccess: false })
    const before = stateAfter([...events, reported])
    const after = new LearningState(LEARNING_DEFAULTS)
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as unknown[], before.format)
    for (const state of [before, after]) state.read(completed(702))
    expect(after.snapshot()).toEqual(before.snapshot())
    expect(after.agents.types()).toEqual(before.agents.types())
    expect(() => after.restore([], 2)).toThrow('format')
  })
})
