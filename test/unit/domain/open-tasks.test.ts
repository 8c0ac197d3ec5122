import { describe, expect, it } from 'vitest'
import { epochMs, taskId } from '#domain/model/ids.ts'
import { OpenTasks } from '#domain/tasks/open-tasks.ts'

const [t1, t2, t3] = [taskId('t1'), taskId('t2'), taskId('t3')]

describe('OpenTasks', () => {
  const now = epochMs(0)
  const facts = (taskId: typeof t1, waitingFor: readonly (typeof t1)[] = [], parentTaskId?: typeof t1) => ({
    taskId,
    phase: 'blocked' as const,
    waitingFor,
    parentTaskId,
    refersTo: parentTaskId === undefined ? waitingFor : [...waitingFor, parentTaskId],
  })

  it('names the tasks that wait for nothing more once the last of what they wait for completed', () => {
    const open = new OpenTasks()
    open.add(facts(t3, [t1, t2]))
    expect(open.dependencyCompleted(t1)).toEqual([])
    expect(open.dependencyCompleted(t2)).toEqual([t3])
    expect(open.dependencyCompleted(t2)).toEqual([])
  })

  it('takes what was completed before it looked off the list', () => {
    const open = new OpenTasks()
    open.add(facts(t3, [t1, t2]))
    expect(open.dependenciesSeen(t3, [t1])).toBe(false)
    expect(open.dependencyCompleted(t2)).toEqual([t3])
    open.add(facts(t3, [t1, t2]))
    expect(open.dependencyCompleted(t2)).toEqual([])
    expect(open.dependenciesSeen(t3, [t1])).toBe(true)
    expect(open.dependenciesSeen(t3, [t1])).toBe(false)
  })

  it('knows children and dependents until they are finished, and counts by phase', () => {
    const open = new OpenTasks()
    open.add(facts(t2, [t1], t1))
    open.add(facts(t3, [t1], t1))
    expect([open.childrenOf(t1), open.dependentsOf(t1)]).toEqual([
      [t2, t3],
      [t2, t3],
    ])
    open.update({ taskId: t3, phase: 'running', readyAt: now })
    expect(open.phaseCounts(now)).toEqual({ blocked: 1, running: 1 })
    for (const phase of ['delayed', 'retrying'] as const) {
      open.update({ taskId: t3, phase, readyAt: epochMs(5) })
      expect(open.phaseCounts(epochMs(4))).toEqual({ blocked: 1, [phase]: 1 })
      expect(open.phaseCounts(epochMs(5))).toEqual({ blocked: 1, queued: 1 })
    }
    open.delete(t2)
    open.delete(t2)
    expect([open.childrenOf(t1), open.dependentsOf(t1), open.size]).toEqual([[t3], [t3], 1])
    open.delete(t3)
    expect([open.childrenOf(t1), open.dependentsOf(t1), open.phaseCounts(now)]).toEqual([[], [], {}])
  })

  it('says which tasks the open ones refer to, until the last of them is finished', () => {
    const open = new OpenTasks()
    open.add(facts(t2, [t1], t1))
    open.add(facts(t3, [t1]))
    open.dependencyCompleted(t1)
    open.delete(t2)
    expect([open.isReferredTo(t1), open.isReferredTo(t2)]).toEqual([true, false])
    open.delete(t3)
    expect(open.isReferredTo(t1)).toBe(false)
  })
})
