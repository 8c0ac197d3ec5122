import type { AgentRegistry } from '../agents/agent-registry.ts'
import { isExpired } from '../communication/inbox-index.ts'
import { DEADLINE_MS_MAX } from '../consensus/proposal.ts'
import {
  HOSTED_SIGNING_RECORDS,
  PROPOSAL_PAYLOAD_RECORDS,
  PROPOSAL_RECORDS,
} from '../consensus-engine/proposals/proposal-record.ts'
import { REMOVED_AGENT_RECORDS } from '../model/agent-record.ts'
import { IDEMPOTENCY_RECORDS } from '../model/idempotency-record.ts'
import { INBOX_RECORDS } from '../model/message.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import type { RetentionRule } from './record-sweep.ts'

/** Twice the longest deadline of a proposal. */
const SIGNINGS_KEPT_MS = 2 * DEADLINE_MS_MAX

type KeptTimes = Pick<OrchestratorOptions, 'taskRetentionMs' | 'idempotencyMs' | 'removedAgentRetentionMs'>

/** What is removed of each kind of record when it is old; finished tasks have a sweep of their own. */
export function retentionRules(
  { taskRetentionMs, idempotencyMs, removedAgentRetentionMs }: KeptTimes,
  { registry }: { readonly registry: AgentRegistry },
): readonly RetentionRule[] {
  return [
    rule({ kind: IDEMPOTENCY_RECORDS, isOld: ({ createdAt }, now) => createdAt < now - idempotencyMs }),
    rule({
      kind: REMOVED_AGENT_RECORDS,
      isOld: ({ removedAt }, now) => removedAt < now - removedAgentRetentionMs,
    }),
    rule({
      kind: INBOX_RECORDS,
      isOld: ({ agentId, message }, now) => registry.find(agentId) === undefined || isExpired(message, now),
    }),
    rule({
      kind: PROPOSAL_RECORDS,
      isOld: ({ status, endedAt }, now) =>
        status !== 'open' && endedAt !== null && endedAt < now - taskRetentionMs,
      removes: [PROPOSAL_RECORDS, PROPOSAL_PAYLOAD_RECORDS],
    }),
    // What was signed goes when its proposal could not be open any more, wherever it was signed.
    rule({ kind: HOSTED_SIGNING_RECORDS, isOld: ({ lastAt }, now) => lastAt < now - SIGNINGS_KEPT_MS }),
  ]
}

const rule = <V>(its: RetentionRule<V>): RetentionRule => its
