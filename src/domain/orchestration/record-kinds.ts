import { ELECTION_RECORDS } from '../consensus-engine/elections/election-record.ts'
import { HOSTED_RAFT_RECORDS } from '../consensus-engine/elections/hosted-raft-store.ts'
import {
  HOSTED_KEY_RECORDS,
  HOSTED_SIGNING_RECORDS,
  PROPOSAL_PAYLOAD_RECORDS,
  PROPOSAL_RECORDS,
} from '../consensus-engine/proposals/proposal-record.ts'
import { GROUP_RECORDS } from '../intelligence/flocking/group-writer.ts'
import { ROUND_RECORDS } from '../intelligence/learning/learning-keys.ts'
import { BLOB_RECORDS, CHUNK_RECORDS, MODEL_RECORDS } from '../intelligence/learning/models/model-record.ts'
import { NAMESPACE_RECORDS } from '../intelligence/memory/memory-namespace.ts'
import {
  MEMORY_CONTENT_RECORDS,
  MEMORY_EMBEDDING_RECORDS,
  MEMORY_RECORDS,
  MEMORY_VERSION_RECORDS,
} from '../intelligence/memory/memory-record.ts'
import { MEMORY_SHARE_RECORDS } from '../intelligence/memory/tenant-share.ts'
import { PATTERN_RECORDS } from '../intelligence/patterns/pattern-record.ts'
import { TRAIL_BUCKET_RECORDS, TRAIL_SET_RECORDS } from '../intelligence/trails/trail-records.ts'
import { PROJECTION_CHUNK_RECORDS, PROJECTION_RECORDS } from '../kernel/projection-record.ts'
import { AGENT_RECORDS, REMOVED_AGENT_RECORDS } from '../model/agent-record.ts'
import { BUDGET_RECORDS } from '../model/budget-record.ts'
import { CONTROL_RECORDS, RATE_LEVEL_RECORDS } from '../model/control-record.ts'
import { DECISION_RECORDS } from '../model/decision-record.ts'
import { IDEMPOTENCY_RECORDS } from '../model/idempotency-record.ts'
import { INBOX_RECORDS } from '../model/message.ts'
import { RecordKinds } from '../model/record-kind.ts'
import { SWARM_RECORDS } from '../model/swarm-record.ts'
import { INPUT_RECORDS, PAYLOAD_RECORDS, RESULT_RECORDS, TASK_RECORDS } from '../model/task-kinds.ts'
import { SCHEDULE_RECORDS } from '../schedules/schedule-record.ts'
import { TOPOLOGY_MEMBER_RECORDS, TOPOLOGY_RECORDS } from '../topology/topology-record.ts'
/** Every kind of record that the domain writes. A kind that is missing here cannot be written to Redis. */
export const RECORD_KINDS = new RecordKinds([
  SWARM_RECORDS,
  AGENT_RECORDS,
  REMOVED_AGENT_RECORDS,
  TASK_RECORDS,
  PAYLOAD_RECORDS,
  RESULT_RECORDS,
  DECISION_RECORDS,
  IDEMPOTENCY_RECORDS,
  INBOX_RECORDS,
  TOPOLOGY_RECORDS,
  TOPOLOGY_MEMBER_RECORDS,
  PROPOSAL_RECORDS,
  PROPOSAL_PAYLOAD_RECORDS,
  HOSTED_KEY_RECORDS,
  HOSTED_SIGNING_RECORDS,
  ELECTION_RECORDS,
  HOSTED_RAFT_RECORDS,
  CONTROL_RECORDS,
  RATE_LEVEL_RECORDS,
  BUDGET_RECORDS,
  INPUT_RECORDS,
  NAMESPACE_RECORDS,
  MEMORY_RECORDS,
  MEMORY_CONTENT_RECORDS,
  MEMORY_EMBEDDING_RECORDS,
  MEMORY_VERSION_RECORDS,
  MEMORY_SHARE_RECORDS,
  PROJECTION_RECORDS,
  PROJECTION_CHUNK_RECORDS,
  TRAIL_SET_RECORDS,
  TRAIL_BUCKET_RECORDS,
  PATTERN_RECORDS,
  SCHEDULE_RECORDS,
  MODEL_RECORDS,
  ROUND_RECORDS,
  BLOB_RECORDS,
  CHUNK_RECORDS,
  GROUP_RECORDS,
])
