import { describe, expect, it } from 'vitest'
import { epochMs } from '#domain/model/ids.ts'
import { matchesTask, type TaskFilter } from '#domain/tasks/task-filter.ts'
import { sampleSpec, sampleTask } from '../../helpers/sample-records.ts'

const at = epochMs
const task = sampleTask('t1', {
  spec: sampleSpec({ labels: { team: 'blue=green' }, fairnessKey: 'acme' }),
  createdAt: at(1_000),
  phase: 'running',
  status: 'working',
  startedAt: at(2_000),
  progress: { ratio: 0.5, at: at(3_000) },
  lease: { agentId: 'ada', fencingToken: 1, ownerNodeId: 'n', nodeEpoch: 1, leaseMs: 1_000 } as never,
  failure: { code: 'timeout', message: '' },
})

const CASES: readonly [TaskFilter, boolean][] = [
  [{ label: 'team=blue=green' }, true],
  [{ label: 'team=blue' }, false],
  [{ label: 'toString=x' }, false],
  [{ label: 'team' }, false],
  [{ fairnessKey: 'acme' }, true],
  [{ fairnessKey: 'other' }, false],
  [{ scheduleId: 'nightly' }, false],
  [{ errorCode: 'timeout' }, true],
  [{ errorCode: 'other' }, false],
  [{ createdAfter: at(1_000), createdBefore: at(1_001) }, true],
  [{ createdAfter: at(1_001) }, false],
  [{ createdBefore: at(1_000) }, false],
  [{ finishedAfter: at(0) }, false],
  [{ inPhaseSince: at(2_001) }, true],
  [{ inPhaseSince: at(2_000) }, false],
  [{ noProgressSince: at(3_001) }, true],
  [{ noProgressSince: at(3_000) }, false],
]

describe('matchesTask', () => {
  it.each(CASES)('%j: %s', (filter, expected) => {
    expect(matchesTask(task, filter)).toBe(expected)
  })

  it('finds no progress missing where no agent holds the task', () => {
    expect(matchesTask(sampleTask('t2'), { noProgressSince: at(1e15) })).toBe(false)
  })
})
