import type { AgentId, SessionId } from '../model/ids.ts'
import type { InboxRecord, SendReply, SendRequest } from '../model/message.ts'
import type { MessageCounts } from './message-meter.ts'

/** A message of an agent, or of a client where `from` is left out. */
export interface SendMessageRequest extends SendRequest {
  /** Of the channel it came over; left out over HTTP. */
  readonly sessionId?: SessionId | undefined
}

export interface AcknowledgeRequest {
  readonly agentId: AgentId
  readonly sessionId?: SessionId
  /** 1 to 500. */
  readonly messageIds: readonly string[]
}

export interface SubscribeTopicsRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  /** All the topics it wants from now on. */
  readonly topics: readonly string[]
}

export interface InboxRequest {
  readonly agentId: AgentId
  /** The position of the last message seen, or 0. */
  readonly after: number
  /** 1 to 100. */
  readonly countMax: number
}

/** Messages between agents, and the inboxes of those that are away. */
export interface MessageService {
  /** @throws `agent_not_found`, `recipient_unavailable`, `no_route`, `backpressure`, `limit_exceeded`, `idempotency_key_reused` */
  send(request: SendMessageRequest): Promise<SendReply>
  /** Takes durable messages out of the inbox. Unknown ones are ignored. @returns how many were there */
  acknowledge(request: AcknowledgeRequest): Promise<number>
  /** What waits in an agent's inbox, oldest first. @throws `agent_not_found` */
  inbox(request: InboxRequest): Promise<readonly InboxRecord[]>
  /** In place of the topics of before; to be said anew after each attach. @throws `limit_exceeded` */
  subscribe(request: SubscribeTopicsRequest): Promise<null>
  counts(): Promise<Readonly<Record<string, MessageCounts>>>
}
