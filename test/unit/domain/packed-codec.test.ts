import { describe, expect, it } from 'vitest'
import { AGENT_RECORDS } from '#domain/model/agent-record.ts'
import { DECISION_RECORDS } from '#domain/model/decision-record.ts'
import { IDEMPOTENCY_RECORDS } from '#domain/model/idempotency-record.ts'
import { agentId, type FencingToken, nodeId, swarmEpoch, taskId } from '#domain/model/ids.ts'
import type { RecordKind } from '#domain/model/record-kind.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { SAMPLE_TIME, sampleAgent, sampleSpec, sampleTask } from '../../helpers/sample-records.ts'

const later = (ms: number) => (SAMPLE_TIME + ms) as typeof SAMPLE_TIME
const fencingToken = 4_503_599_627_370_497 as FencingToken
const failure = { code: 'broken', message: 'it broke' }

const full = sampleTask('full', {
  spec: sampleSpec({
    deadlineAt: later(9_000),
    dependsOn: [taskId('before')],
    inputFrom: taskId('before'),
    parentTaskId: taskId('above'),
    resources: { gpu: 0.5 },
    metadata: { team: 'a' },
  }),
  retryOf: taskId('first'),
  status: 'working',
  phase: 'running',
  attempt: 2,
  undeliveredCount: 1,
  assignmentCount: 3,
  readyAt: later(-5),
  previousAgentId: agentId('bob'),
  delegators: [agentId('eve')],
  lease: {
    agentId: agentId('ada'),
    fencingToken,
    ownerNodeId: nodeId('n'),
    nodeEpoch: swarmEpoch(3),
    leaseMs: 10_000,
    isReceived: true,
    usedMs: 0,
    usedAt: later(7),
    reportingChain: [agentId('eve')],
  },
  assignedAt: later(1),
  startedAt: later(2),
  finishedAt: later(3),
  progress: { ratio: 0, message: '' },
  failure,
  hasResult: true,
  attempts: [
    {
      attempt: 1,
      agentId: agentId('ada'),
      fencingToken,
      assignedAt: later(1),
      endedAt: later(2),
      outcome: 'failed',
      failure,
    },
    {
      attempt: 2,
      agentId: agentId('bob'),
      fencingToken,
      assignedAt: later(3),
      endedAt: later(4),
      outcome: 'completed',
    },
  ],
})

const decision = {
  taskId: taskId('d'),
  attempt: 1,
  fencingToken,
  agentId: agentId('ada'),
  strategy: 'least_loaded' as const,
  reason: 'the least loaded',
  candidateCount: 2,
  candidates: [
    { agentId: agentId('ada'), score: 0, activeTasks: 0, slots: 1 },
    { agentId: agentId('bob'), score: 0.5, activeTasks: 1, slots: 2 },
  ],
  decidedAt: SAMPLE_TIME,
}

const RECORDS: readonly (readonly [string, RecordKind, string, unknown])[] = [
  ['a task with all there can be', TASK_RECORDS, 'full', full],
  ['a task with as little as there can be', TASK_RECORDS, 'a', sampleTask('a')],
  ['a decision', DECISION_RECORDS, 'd', decision],
  [
    'a decision down the tree',
    DECISION_RECORDS,
    'd',
    { ...decision, delegationPath: [agentId('eve'), agentId('ada')] },
  ],
  [
    'an Idempotency-Key',
    IDEMPOTENCY_RECORDS,
    'k',
    { fingerprint: 'f', taskIds: [taskId('a')], createdAt: SAMPLE_TIME },
  ],
  ['a kind that is not packed', AGENT_RECORDS, 'ada', sampleAgent('ada')],
]

describe('a packed record', () => {
  it.each(RECORDS)('is the same again: %s', (_name, { codec }, id, value) => {
    expect(codec.decode(codec.encode(value), id)).toEqual(value)
  })

  it.each(RECORDS)('is read from the text of older versions: %s', (_name, { codec }, id, value) => {
    expect(codec.decode(JSON.stringify(value), id)).toEqual(value)
  })

  it('has neither its id nor the names of its fields', () => {
    const text = TASK_RECORDS.codec.encode(full)
    expect(text).not.toMatch(/full|fencingToken|assignedAt/)
    expect(text.length).toBeLessThan(JSON.stringify(full).length / 2)
  })
})
