import type { AgentId, EpochMs, JsonText } from './ids.ts'
import { recordKind } from './record-kind.ts'

export type MessageTarget =
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'broadcast' }

/** One message as it is delivered. The hub relays the payload as the text it came as. */
export interface SwarmMessage {
  /** Chosen by the sender or made for it; within an inbox the same id is the same message. */
  readonly messageId: string
  /** Undefined where a client sent it over HTTP. */
  readonly from?: AgentId | undefined
  readonly to: MessageTarget
  /** Ties a reply to its request. */
  readonly correlationId?: string | undefined
  readonly kind: 'message' | 'request' | 'reply'
  readonly payload: JsonText
  readonly sentAt: EpochMs
  /** Not delivered later than this, where given. */
  readonly expiresAt?: EpochMs | undefined
  /** To be acknowledged: it waits in the inbox until then. */
  readonly isDurable: boolean
  /**
   * The agents it passed by the topology, sender and receiver included. The sender alone to many, and to an agent
   * that was not there when the message was put into its inbox.
   */
  readonly path: readonly AgentId[]
  readonly topologyVersion: number
}

export interface SendRequest {
  readonly messageId: string
  /** Left out by clients. */
  readonly from?: AgentId | undefined
  readonly to: MessageTarget
  readonly kind: SwarmMessage['kind']
  readonly correlationId?: string | undefined
  readonly payload: JsonText
  readonly ttlMs?: number | undefined
  /** Keep it until the receiver acknowledges it. Only to one agent. */
  readonly isDurable: boolean
}

export interface SendReply {
  readonly messageId: string
  /** Connections it was written to; those on other nodes are counted as written. */
  readonly deliveredTo: number
  /** It waits in the receiver's inbox until it is acknowledged. */
  readonly isStored: boolean
  readonly path: readonly AgentId[]
}

/** A durable message in an agent's inbox. */
export interface InboxRecord {
  readonly agentId: AgentId
  /** Strictly increasing within an inbox: the order in which its messages came. */
  readonly position: number
  readonly message: SwarmMessage
}

/** Sorts an agent's inbox together. */
export function inboxKey(
  agentId: AgentId,
  messageId: string,
): { readonly kind: typeof INBOX_RECORDS; readonly id: string } {
  return { kind: INBOX_RECORDS, id: `${agentId}:${messageId}` }
}

/** A durable message, under {@link inboxKey}. */
export const INBOX_RECORDS = recordKind<InboxRecord>('inbox')
