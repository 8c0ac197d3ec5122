import type { CandidateScore, DecisionRecord } from '#domain/distribution/decision-record.ts'
import type { IdempotencyRecord } from '#domain/model/idempotency-record.ts'
import type {
  Backoff,
  TaskAttempt,
  TaskFailure,
  TaskLease,
  TaskProgress,
  TaskRecord,
  TaskSpec,
} from '#domain/model/task-record.ts'
import type { RecordKind, RecordValues } from '#domain/ports/records.ts'

/** How one field is written: as it is, as a time after the record's own, or packed by a shape of its own. */
type Field = 'plain' | 'time' | Shape | readonly [Shape]

/** The fields of an object, in the order in which their values are written. New fields come last. */
interface Shape {
  readonly entries: readonly (readonly [name: string, field: Field])[]
}

/** A field that is missing here does not compile: it would be lost. */
function shape<T>(fields: { readonly [K in keyof Required<T>]: Field }): Shape {
  return { entries: Object.entries<Field>(fields) }
}

const FAILURE = shape<TaskFailure>({ code: 'plain', message: 'plain' })

const ATTEMPT = shape<TaskAttempt>({
  attempt: 'plain',
  agentId: 'plain',
  fencingToken: 'plain',
  assignedAt: 'time',
  endedAt: 'time',
  outcome: 'plain',
  failure: FAILURE,
})

const LEASE = shape<TaskLease>({
  agentId: 'plain',
  fencingToken: 'plain',
  ownerNodeId: 'plain',
  nodeEpoch: 'plain',
  leaseMs: 'plain',
  isReceived: 'plain',
  usedMs: 'plain',
  usedAt: 'time',
  reportingChain: 'plain',
})

const SPEC = shape<TaskSpec>({
  type: 'plain',
  capabilities: 'plain',
  priority: 'plain',
  maxAttempts: 'plain',
  timeoutMs: 'plain',
  backoff: shape<Backoff>({ baseMs: 'plain', factor: 'plain', maxMs: 'plain' }),
  delayMs: 'plain',
  dependsOn: 'plain',
  resources: 'plain',
  metadata: 'plain',
  deadlineAt: 'time',
  parentTaskId: 'plain',
  inputFrom: 'plain',
})

const TASK = shape<Omit<TaskRecord, 'taskId' | 'createdAt'>>({
  spec: SPEC,
  status: 'plain',
  phase: 'plain',
  attempt: 'plain',
  assignmentCount: 'plain',
  readyCount: 'plain',
  hasResult: 'plain',
  attempts: [ATTEMPT],
  readyAt: 'time',
  assignedAt: 'time',
  startedAt: 'time',
  finishedAt: 'time',
  progress: shape<TaskProgress>({ ratio: 'plain', message: 'plain' }),
  failure: FAILURE,
  lease: LEASE,
  retryOf: 'plain',
  previousAgentId: 'plain',
  delegators: 'plain',
  undeliveredCount: 'plain',
})

const DECISION = shape<Omit<DecisionRecord, 'taskId' | 'decidedAt'>>({
  attempt: 'plain',
  fencingToken: 'plain',
  agentId: 'plain',
  strategy: 'plain',
  reason: 'plain',
  candidateCount: 'plain',
  candidates: [
    shape<CandidateScore>({ agentId: 'plain', score: 'plain', activeTasks: 'plain', slots: 'plain' }),
  ],
  delegationPath: 'plain',
})

const IDEMPOTENCY = shape<Omit<IdempotencyRecord, 'createdAt'>>({ fingerprint: 'plain', taskIds: 'plain' })

interface Packing {
  readonly shape: Shape
  /** The field that names the record; it stands in the record's key already. */
  readonly id?: string
  /** The field whose time the others are counted from. */
  readonly time: string
}

/** Kinds of which there is one for each task, finished ones included: they are written without the names of their fields. */
const PACKINGS: Partial<Record<RecordKind, Packing>> = {
  task: { shape: TASK, id: 'taskId', time: 'createdAt' },
  decision: { shape: DECISION, id: 'taskId', time: 'decidedAt' },
  idempotency: { shape: IDEMPOTENCY, time: 'createdAt' },
}

type Values = Readonly<Record<string, unknown>>

/** The text of a record: JSON, of an object or, for kinds that are packed, of an array. */
export function packRecord(kind: RecordKind, value: RecordValues[RecordKind]): string {
  const packing = PACKINGS[kind]
  if (packing === undefined) return JSON.stringify(value)
  const values = value as unknown as Values
  const time = values[packing.time] as number
  return JSON.stringify([time, ...pack(packing.shape, values, time)])
}

/** @param id of the record, from its key */
export function unpackRecord(kind: RecordKind, id: string, text: string): RecordValues[RecordKind] {
  const parsed: unknown = JSON.parse(text)
  const packing = PACKINGS[kind]
  // Records were objects before they were packed.
  if (packing === undefined || !Array.isArray(parsed)) return parsed as RecordValues[RecordKind]
  const [time, ...packed] = parsed as [number, ...unknown[]]
  const name = packing.id === undefined ? {} : { [packing.id]: id }
  const value = { ...name, [packing.time]: time, ...unpack(packing.shape, packed, time) }
  return value as unknown as RecordValues[RecordKind]
}

function pack({ entries }: Shape, values: Values, base: number): unknown[] {
  const packed: unknown[] = []
  let length = 0
  for (const [name, field] of entries) {
    const value = values[name]
    packed.push(value === undefined ? null : packField(field, value, base))
    if (value !== undefined) length = packed.length
  }
  packed.length = length
  return packed
}

function packField(field: Field, value: unknown, base: number): unknown {
  if (field === 'plain') return value
  if (field === 'time') return (value as number) - base
  if (isList(field)) return (value as readonly Values[]).map((item) => pack(field[0], item, base))
  return pack(field, value as Values, base)
}

function unpack({ entries }: Shape, packed: readonly unknown[], base: number): Values {
  const values: Record<string, unknown> = {}
  for (const [index, [name, field]] of entries.entries()) {
    const value = packed[index]
    if (value !== undefined && value !== null) values[name] = unpackField(field, value, base)
  }
  return values
}

function unpackField(field: Field, value: unknown, base: number): unknown {
  if (field === 'plain') return value
  if (field === 'time') return (value as number) + base
  if (isList(field)) return (value as readonly unknown[][]).map((item) => unpack(field[0], item, base))
  return unpack(field, value as readonly unknown[], base)
}

const isList = (field: Exclude<Field, string>): field is readonly [Shape] => Array.isArray(field)
