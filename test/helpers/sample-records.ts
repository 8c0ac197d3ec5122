import { AGENT_RECORDS, type AgentRecord } from '#domain/model/agent-record.ts'
import type { EventDraft, EventName } from '#domain/model/events.ts'
import { agentId, type EpochMs, type JsonText, jsonText, taskId } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { TaskRecord, TaskSpec } from '#domain/model/task-record.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { put, type RecordWrite } from '#domain/ports/records.ts'
import type { Step } from '#domain/ports/swarm-store.ts'

export const SAMPLE_TIME = Date.UTC(2026, 0, 1, 12) as EpochMs

export function sampleSpec(changes: Partial<TaskSpec> = {}): TaskSpec {
  return {
    type: 'review',
    capabilities: ['review'],
    priority: 3,
    delayMs: 0,
    maxAttempts: 3,
    timeoutMs: 60_000,
    backoff: { baseMs: 1_000, factor: 2, maxMs: 60_000 },
    dependsOn: [],
    resources: {},
    metadata: {},
    ...changes,
  }
}

/** A task that waits in the ready queue. */
export function sampleTask(id: string, changes: Partial<TaskRecord> = {}): TaskRecord {
  return {
    taskId: taskId(id),
    spec: sampleSpec(),
    createdAt: SAMPLE_TIME,
    status: 'submitted',
    phase: 'queued',
    attempt: 0,
    assignmentCount: 0,
    readyCount: 1,
    readyAt: SAMPLE_TIME,
    hasResult: false,
    attempts: [],
    ...changes,
  }
}

export function sampleAgent(id: string, changes: Partial<AgentRecord> = {}): AgentRecord {
  return {
    agentId: agentId(id),
    spec: { name: id, capabilities: [], slots: 1, resources: {}, labels: {} },
    status: 'online',
    epoch: 1,
    isDraining: false,
    isLeaving: false,
    registeredAt: SAMPLE_TIME,
    lastChangeAt: SAMPLE_TIME,
    ...changes,
  }
}

/** An event as a store keeps it; the data need not be those of the type. */
export function sampleEvent(
  subject: string,
  changes: { readonly type?: EventName; readonly data?: object } = {},
): EventDraft {
  return { type: 'task.submitted', subject, time: SAMPLE_TIME, data: {}, ...changes } as EventDraft
}

export function sampleEntry(id: string, changes: Partial<ReadyEntry> = {}): ReadyEntry {
  return {
    taskId: taskId(id),
    readyCount: 1,
    rank: SAMPLE_TIME,
    readyAt: SAMPLE_TIME,
    capabilities: ['review'],
    resources: {},
    ...changes,
  }
}

/** A record whose value is a number, for tests that count. */
export function putNumber(id: string, value: number): RecordWrite<JsonText> {
  return { key: { kind: PAYLOAD_RECORDS, id }, value: jsonText(String(value)), isOpen: false }
}

/** Writes an open task with its payload, an agent and an event, all under one id. */
export function sampleTaskStep(id: string): Step<null> {
  return {
    writes: [
      put(TASK_RECORDS, id, sampleTask(id), { isOpen: true }),
      put(PAYLOAD_RECORDS, id, jsonText('1')),
      put(AGENT_RECORDS, id, sampleAgent(id)),
    ],
    events: [sampleEvent(id)],
    ready: [],
    result: null,
  }
}
