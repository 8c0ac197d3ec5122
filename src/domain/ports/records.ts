import type { DurableState } from '../consensus/raft/raft-state.ts'
import type { ElectionRecord } from '../consensus-engine/elections/election-record.ts'
import type {
  HostedKeyRecord,
  HostedSigningRecord,
  ProposalRecord,
} from '../consensus-engine/proposals/proposal-record.ts'
import type { DecisionRecord } from '../distribution/decision-record.ts'
import type { AgentRecord, RemovedAgentRecord } from '../model/agent-record.ts'
import type { IdempotencyRecord } from '../model/idempotency-record.ts'
import type { EpochMs, JsonText, SwarmEpoch } from '../model/ids.ts'
import type { InboxRecord } from '../model/message.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'
import type { TaskRecord } from '../model/task-record.ts'
import type { MemberPlace } from '../topology/topology.ts'
import type { TopologyRecord } from '../topology/topology-record.ts'

/** Every kind of record and the type of its value. All values are plain JSON data. */
export interface RecordValues {
  swarm: SwarmRecord
  agent: AgentRecord
  /** Under the agent's id; gone once the id is registered again. */
  removed_agent: RemovedAgentRecord
  task: TaskRecord
  /** A task's payload, under the task's id. */
  payload: JsonText
  /** A task's result, under the task's id. */
  result: JsonText
  /** Why a task went where it went, under the task's id; the newest assignment only. */
  decision: DecisionRecord
  idempotency: IdempotencyRecord
  /** A durable message, under {@link inboxKey}. */
  inbox: InboxRecord
  /** What a topology remembers over restarts, under the id `topology`. */
  topology: TopologyRecord
  /** Where a member of the topology stands, under the agent's id. */
  topology_member: MemberPlace
  proposal: ProposalRecord
  /** What a proposal is about, under the proposal's id. */
  proposal_payload: JsonText
  hosted_key: HostedKeyRecord
  /** Under `hostedSigningId`. */
  hosted_signing: HostedSigningRecord
  /** Who elects the leader, and whom; under the id `election`. */
  election: ElectionRecord
  /** What a voter whose key the hub holds must not forget in elections, under the agent's id. */
  hosted_raft: DurableState
}
export type RecordKind = keyof RecordValues

/** Kinds that nobody lists: they are read by the id of what they belong to, and a store need not keep an index. */
const UNLISTED_KINDS: ReadonlySet<RecordKind> = new Set(['payload', 'result', 'decision', 'proposal_payload'])

export const isListed = (kind: RecordKind): boolean => !UNLISTED_KINDS.has(kind)

export interface RecordKey<K extends RecordKind = RecordKind> {
  readonly kind: K
  /** 1 to 255 printable ASCII characters without `/`. */
  readonly id: string
}

/** One record as it stands. */
export interface StoredRecord<K extends RecordKind = RecordKind> {
  readonly key: RecordKey<K>
  /** 1 at first, one more with every write. */
  readonly version: number
  readonly value: RecordValues[K]
}

/** One change: a new value, or a removal where `value` is undefined. */
export interface RecordWrite<K extends RecordKind = RecordKind> {
  readonly key: RecordKey<K>
  readonly value: RecordValues[K] | undefined
  /** Whether the record stands in its kind's index of open records, which `list` can be narrowed to. */
  readonly isOpen: boolean
}

export function put<K extends RecordKind>(
  kind: K,
  id: string,
  value: RecordValues[K],
  { isOpen = false }: { isOpen?: boolean } = {},
): RecordWrite<K> {
  return { key: { kind, id }, value, isOpen }
}

export function remove<K extends RecordKind>(kind: K, id: string): RecordWrite<K> {
  return { key: { kind, id }, value: undefined, isOpen: false }
}

/** What a step adds to the event log; the store numbers it. */
export interface EventDraft {
  /** Without the `amos.` that the wire puts before it, for instance `task.completed`. */
  readonly type: string
  /** The id of the task, agent or swarm it is about. */
  readonly subject: string
  readonly time: EpochMs
  readonly data: Readonly<Record<string, unknown>>
}

export interface SwarmEvent extends EventDraft {
  /** Contiguous within one epoch of the swarm, and strictly increasing over all. */
  readonly sequence: number
  /** The coordinatorship that wrote it. (epoch, sequence) never names two events, whatever was lost. */
  readonly epoch: SwarmEpoch
}
