import { describe, expect, it } from 'vitest'
import { fencingToken } from '#domain/model/fencing-token.ts'
import { type AgentId, agentId, type EpochMs, nodeId, swarmEpoch, taskId } from '#domain/model/ids.ts'
import type { TaskLease, TaskRecord, TaskSpec } from '#domain/model/task-record.ts'
import { priorityRank } from '#domain/resources/priority-rank.ts'
import {
  assignTask,
  cancelTask,
  completeTask,
  failAttempt,
  failTask,
  newTask,
  readyEntryOf,
  rejectTask,
  releaseTask,
  reportProgress,
  startTask,
  type TaskChange,
  unblock,
} from '#domain/tasks/task-machine.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { SAMPLE_TIME, sampleSpec } from '../../helpers/sample-records.ts'

const at = (ms: number): EpochMs => (SAMPLE_TIME + ms) as EpochMs
const rankOf = (createdAt: EpochMs, priority: number): number => priorityRank(createdAt, priority, 60_000)
const failure = { code: 'broken', message: 'it broke' }

function made(spec: Partial<TaskSpec> = {}, isBlocked = false): TaskRecord {
  return newTask({ taskId: taskId('t1'), spec: sampleSpec(spec), isBlocked }, at(0), rankOf).task
}

function lease(count: number): TaskLease {
  const epoch = swarmEpoch(7)
  return {
    agentId: agentId('ada'),
    fencingToken: fencingToken(epoch, count),
    ownerNodeId: nodeId('node-1'),
    nodeEpoch: epoch,
    leaseMs: 10_000,
  }
}

function assigned(task: TaskRecord = made()): TaskRecord {
  return assignTask(task, lease(task.assignmentCount + 1), false, at(1_000)).task
}

const attempt = (mayRetry: boolean) => ({ failure, outcome: 'failed', mayRetry, retryInMs: 500 }) as const

/** Which event a change writes, what it leaves, and whether the task stands in the ready queue after it. */
function summary({ task, events, ready }: TaskChange) {
  return {
    status: task.status,
    phase: task.phase,
    events: events.map(({ type }) => type),
    isReady: ready.length === 1,
  }
}

describe('a transition of a task', () => {
  it.each<[string, () => TaskChange, ReturnType<typeof summary>]>([
    [
      'new and runnable',
      () => newTask({ taskId: taskId('t1'), spec: sampleSpec(), isBlocked: false }, at(0), rankOf),
      { status: 'submitted', phase: 'queued', events: ['task.submitted'], isReady: true },
    ],
    [
      'new and delayed',
      () =>
        newTask({ taskId: taskId('t1'), spec: sampleSpec({ delayMs: 5 }), isBlocked: false }, at(0), rankOf),
      { status: 'submitted', phase: 'delayed', events: ['task.submitted'], isReady: true },
    ],
    [
      'new and blocked',
      () => newTask({ taskId: taskId('t1'), spec: sampleSpec(), isBlocked: true }, at(0), rankOf),
      { status: 'submitted', phase: 'blocked', events: ['task.submitted'], isReady: false },
    ],
    [
      'unblocked',
      () => unblock(made({}, true), at(10), rankOf),
      { status: 'submitted', phase: 'queued', events: ['task.unblocked'], isReady: true },
    ],
    [
      'unblocked before its delay is over',
      () => unblock(made({ delayMs: 100 }, true), at(10), rankOf),
      { status: 'submitted', phase: 'delayed', events: ['task.unblocked'], isReady: true },
    ],
    [
      'assigned over a channel',
      () => assignTask(made(), lease(1), false, at(10)),
      { status: 'submitted', phase: 'assigned', events: ['task.assigned'], isReady: false },
    ],
    [
      'assigned to a claim, which accepts by asking',
      () => assignTask(made(), lease(1), true, at(10)),
      { status: 'working', phase: 'running', events: ['task.assigned', 'task.started'], isReady: false },
    ],
    [
      'started',
      () => startTask(assigned(), at(10)),
      { status: 'working', phase: 'running', events: ['task.started'], isReady: false },
    ],
    [
      'started again',
      () => startTask(startTask(assigned(), at(10)).task, at(20)),
      { status: 'working', phase: 'running', events: [], isReady: false },
    ],
    [
      'progressing before it said it started',
      () => reportProgress(assigned(), { ratio: 0.5 }, undefined, at(10)),
      { status: 'working', phase: 'running', events: ['task.started', 'task.progress'], isReady: false },
    ],
    [
      'waiting for a person',
      () => reportProgress(assigned(), {}, 'input_required', at(10)),
      {
        status: 'input_required',
        phase: 'running',
        events: ['task.started', 'task.progress'],
        isReady: false,
      },
    ],
    [
      'completed',
      () => completeTask(assigned(), at(10)),
      { status: 'completed', phase: 'done', events: ['task.completed'], isReady: false },
    ],
    [
      'failed with attempts left',
      () => failAttempt(assigned(), attempt(true), at(10), rankOf),
      { status: 'submitted', phase: 'retrying', events: ['task.retrying'], isReady: true },
    ],
    [
      'failed with its attempts used up',
      () => failAttempt(assigned(made({ maxAttempts: 1 })), attempt(true), at(10), rankOf),
      { status: 'failed', phase: 'dead_letter', events: ['task.failed'], isReady: false },
    ],
    [
      'failed for good',
      () => failAttempt(assigned(), attempt(false), at(10), rankOf),
      { status: 'failed', phase: 'done', events: ['task.failed'], isReady: false },
    ],
    [
      'rejected',
      () => rejectTask(assigned(), failure, at(10)),
      { status: 'rejected', phase: 'done', events: ['task.rejected'], isReady: false },
    ],
    [
      'released',
      () => releaseTask(assigned(), 'released', 'busy', at(10), rankOf),
      { status: 'submitted', phase: 'queued', events: ['task.released'], isReady: true },
    ],
    [
      'canceled while it waits',
      () => cancelTask(made(), 'no', at(10)),
      { status: 'canceled', phase: 'done', events: ['task.canceled'], isReady: false },
    ],
    [
      'canceled while it runs',
      () => cancelTask(assigned(), 'no', at(10)),
      { status: 'canceled', phase: 'done', events: ['task.canceled'], isReady: false },
    ],
    [
      'failed from outside',
      () => failTask(made(), failure, at(10)),
      { status: 'failed', phase: 'done', events: ['task.failed'], isReady: false },
    ],
  ])('leaves a task that is %s as told', (_, change, expected) => {
    expect(summary(change())).toEqual(expected)
  })

  it('ends its lease with the attempt, and says how the attempt ended', () => {
    for (const change of [
      completeTask(assigned(), at(2_000)),
      failAttempt(assigned(), attempt(true), at(2_000), rankOf),
      rejectTask(assigned(), failure, at(2_000)),
      releaseTask(assigned(), 'released', 'busy', at(2_000), rankOf),
      cancelTask(assigned(), 'no', at(2_000)),
      failTask(assigned(), failure, at(2_000)),
    ]) {
      expect(change.task.lease).toBeUndefined()
      expect(change.task.attempts).toMatchObject([
        {
          attempt: 1,
          agentId: 'ada',
          fencingToken: lease(1).fencingToken,
          assignedAt: at(1_000),
          endedAt: at(2_000),
        },
      ])
      expect(change.events.at(-1)?.data).toMatchObject({
        agentId: 'ada',
        attempt: 1,
        fencingToken: lease(1).fencingToken,
      })
    }
  })

  it('escalates a failed attempt to the managers above, and offers the next without those who failed', () => {
    const escalation = [agentId('bea'), agentId('root')]
    const change = failAttempt(assigned(), { ...attempt(true), escalation }, at(2_000), rankOf)
    expect(change.events.map(({ type }) => type)).toEqual(['task.retrying', 'task.escalated'])
    expect(change.events[1]?.data).toMatchObject({ agentId: 'ada', attempt: 1, reportingChain: escalation })
    expect(change.ready).toMatchObject([{ delegators: escalation, failedAgentIds: ['ada'] }])
    const released = releaseTask(assigned(change.task), 'released', 'busy', at(3_000), rankOf)
    expect(released.ready).toMatchObject([{ delegators: escalation, failedAgentIds: ['ada'] }])
  })

  it('escalates nothing from the root, in a pipeline, and where no other attempt is made', () => {
    const managers = [agentId('bea')]
    const types = (task: TaskRecord, escalation: readonly AgentId[], mayRetry = true) =>
      failAttempt(task, { ...attempt(mayRetry), escalation }, at(2_000), rankOf).events.map(
        ({ type }) => type,
      )
    expect(types(assigned(), [])).toEqual(['task.retrying'])
    expect(types({ ...assigned(), previousAgentId: agentId('cay') }, managers)).toEqual(['task.retrying'])
    expect(types(assigned(), managers, false)).toEqual(['task.failed'])
  })

  it('counts an attempt with each assignment and gives it back with a release', () => {
    const second = assigned(failAttempt(assigned(), attempt(true), at(2_000), rankOf).task)
    expect(second).toMatchObject({ attempt: 2, assignmentCount: 2 })
    expect(second.failure).toBeUndefined()
    const released = releaseTask(second, 'revoked', 'the agent left', at(3_000), rankOf).task
    expect(released).toMatchObject({ attempt: 1, assignmentCount: 2 })
    expect(assigned(released)).toMatchObject({ attempt: 2, assignmentCount: 3 })
  })

  it('keeps the newest ten attempts', () => {
    let task = made({ maxAttempts: 100 })
    for (let count = 1; count <= 15; count += 1)
      task = failAttempt(assigned(task), attempt(true), at(count), rankOf).task
    expect(task.attempts.map((ended) => ended.attempt)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  it('names one ready entry at a time, due when the task is', () => {
    const first = readyEntryOf(made({ priority: 1 }), rankOf)
    expect(first).toMatchObject({ readyCount: 1, readyAt: at(0), rank: at(0) })
    const retried = failAttempt(assigned(), attempt(true), at(2_000), rankOf)
    expect(retried.ready).toMatchObject([{ readyCount: 2, dueAt: at(2_500) }])
    expect(readyEntryOf(retried.task, rankOf)).toEqual(retried.ready[0])
    expect(readyEntryOf(assigned(), rankOf)).toBeUndefined()
    expect(readyEntryOf(made({}, true), rankOf)).toBeUndefined()
  })

  it('says how long the task waited and ran', () => {
    const change = assignTask(made(), lease(1), false, at(1_000))
    expect(dataOf(change.events[0]!, 'waitMs')).toBe(1_000)
    expect(dataOf(completeTask(change.task, at(5_000)).events[0]!, 'runMs')).toBe(4_000)
  })
})

describe('fencingToken', () => {
  it('grows with the assignments and with the epoch, and stays a safe integer', () => {
    const tokens = [
      fencingToken(swarmEpoch(1), 1),
      fencingToken(swarmEpoch(1), 2),
      fencingToken(swarmEpoch(1), 2 ** 20 - 1),
      fencingToken(swarmEpoch(2), 0),
      fencingToken(swarmEpoch(2), 5),
      fencingToken(swarmEpoch(2 ** 33 - 1), 2 ** 20 - 1),
    ]
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b))
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(tokens.every(Number.isSafeInteger)).toBe(true)
  })

  it('is not given past its bounds', () => {
    expect(() => fencingToken(swarmEpoch(1), 2 ** 20)).toThrow('invariant broken')
    expect(() => fencingToken(swarmEpoch(2 ** 33), 1)).toThrow('invariant broken')
  })
})
