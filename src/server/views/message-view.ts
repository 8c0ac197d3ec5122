import type { SwarmMessage } from '#domain/communication/message.ts'
import type { JsonText } from '#domain/ids.ts'
import { wireTime } from './wire-time.ts'

/** A message as agents and clients read it; the payload stays text, to be spliced in. */
export function messageView({ sentAt, expiresAt, ...message }: SwarmMessage): MessageFields {
  return {
    ...message,
    sentAt: wireTime(sentAt),
    ...(expiresAt === undefined ? {} : { expiresAt: wireTime(expiresAt) }),
  }
}

type MessageFields = Omit<SwarmMessage, 'sentAt' | 'expiresAt'> & {
  readonly sentAt: string
  readonly expiresAt?: string
  readonly payload: JsonText
}
