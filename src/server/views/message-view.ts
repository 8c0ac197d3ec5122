import type { MessageView } from '#contract/message.ts'
import type { InboxRecord, SwarmMessage } from '#domain/model/message.ts'
import { wireTime } from './wire-time.ts'

/** A message as agents and clients read it, without its payload, which is spliced in as text. */
export function messageView(message: SwarmMessage): Omit<MessageView, 'payload'> {
  const { messageId, from, to, kind, correlationId, sentAt, expiresAt, isDurable, path } = message
  // Assigned one by one, not spread: every message between agents passes here.
  const view: Omit<MessageView, 'payload'> = {
    messageId,
    to,
    kind,
    sentAt: wireTime(sentAt),
    isDurable,
    path: [...path],
    topologyVersion: message.topologyVersion,
  }
  if (from !== undefined) view.from = from
  if (correlationId !== undefined) view.correlationId = correlationId
  if (expiresAt !== undefined) view.expiresAt = wireTime(expiresAt)
  return view
}

export function inboxPageText(records: readonly InboxRecord[], nextPageToken: string | undefined): string {
  const messages = records.map(({ message }) => {
    const view = JSON.stringify(messageView(message)).slice(0, -1)
    return `${view},"payload":${message.payload}}`
  })
  const next = nextPageToken === undefined ? '' : `,"nextPageToken":${JSON.stringify(nextPageToken)}`
  return `{"messages":[${messages.join(',')}]${next}}`
}
