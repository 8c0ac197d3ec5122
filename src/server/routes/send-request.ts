import type { MessageSend, MessageTarget } from '#contract/message.ts'
import type { SendMessageRequest } from '#domain/communication/message-service.ts'
import { agentId, type JsonText } from '#domain/model/ids.ts'
import type { MessageTarget as DomainTarget } from '#domain/model/message.ts'
import type { Ids } from '#domain/ports/random.ts'
import { invalidField } from '../problem/request-error.ts'

/** A message of the wire, as the domain takes it. @throws RequestError `validation_failed` */
export function sendRequest(
  { messageId, to, kind, correlationId, ttlMs, isDurable = false }: Omit<MessageSend, 'payload'>,
  payload: JsonText,
  { from, sessionId }: Pick<SendMessageRequest, 'from' | 'sessionId'>,
  ids: Ids,
): SendMessageRequest {
  if (isDurable && to.kind !== 'agent')
    throw invalidField('body', '/isDurable', 'is for messages to one agent: only an agent has an inbox')
  return {
    messageId: messageId ?? ids.next(),
    from,
    sessionId,
    to: targetOf(to),
    kind: kind ?? 'message',
    correlationId,
    payload,
    ttlMs,
    isDurable,
  }
}

function targetOf(to: MessageTarget): DomainTarget {
  // The contract's pattern is the domain's, so that this cannot throw.
  return to.kind === 'agent' ? { kind: 'agent', agentId: agentId(to.agentId) } : to
}
