import type { AgentId, EpochMs, JsonText } from '../ids.ts'

export type MessageTarget =
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'broadcast' }

/** One message as it is delivered. The hub relays the payload as the text it came as. */
export interface SwarmMessage {
  /** Chosen by the sender or made for it; the same id to the same inbox is the same message. */
  readonly messageId: string
  /** Undefined where a client sent it over HTTP. */
  readonly from?: AgentId
  readonly to: MessageTarget
  /** Ties a reply to its request. */
  readonly correlationId?: string
  readonly kind: 'message' | 'request' | 'reply'
  readonly payload: JsonText
  readonly sentAt: EpochMs
  /** Not delivered later than this, where given. */
  readonly expiresAt?: EpochMs
  /** To be acknowledged: it waits in the inbox until then. */
  readonly isDurable: boolean
  /** The agents it passed by the topology, sender and receiver included; the sender alone to many. */
  readonly path: readonly AgentId[]
  readonly topologyVersion: number
}

/** A durable message in an agent's inbox. */
export interface InboxRecord {
  readonly agentId: AgentId
  readonly message: SwarmMessage
}

/** Sorts an agent's inbox together, oldest message first where ids are made by this server. */
export function inboxKey(
  agentId: AgentId,
  messageId: string,
): { readonly kind: 'inbox'; readonly id: string } {
  return { kind: 'inbox', id: `${agentId}:${messageId}` }
}
