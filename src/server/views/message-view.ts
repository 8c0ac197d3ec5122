import type { MessageView } from '#contract/message.ts'
import type { InboxRecord, SwarmMessage } from '#domain/communication/message.ts'
import type { JsonText } from '#domain/ids.ts'
import { wireTime } from './wire-time.ts'

/** A message as agents and clients read it; the payload stays text, to be spliced in. */
export function messageView({ sentAt, expiresAt, path, ...message }: SwarmMessage): MessageFields {
  return {
    ...message,
    path: [...path],
    sentAt: wireTime(sentAt),
    ...(expiresAt === undefined ? {} : { expiresAt: wireTime(expiresAt) }),
  }
}

type MessageFields = Omit<MessageView, 'payload'> & { readonly payload: JsonText }

export function inboxPageText(records: readonly InboxRecord[], nextPageToken: string | undefined): string {
  const messages = records.map(({ message }) => {
    const { payload, ...view } = messageView(message)
    return `${JSON.stringify(view).slice(0, -1)},"payload":${payload}}`
  })
  const next = nextPageToken === undefined ? '' : `,"nextPageToken":${JSON.stringify(nextPageToken)}`
  return `{"messages":[${messages.join(',')}]${next}}`
}
