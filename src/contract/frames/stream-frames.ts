import { type Static, Type } from '@sinclair/typebox'
import { Event, EventCursor, EventSubject, EventTypeFilter, Gap } from '../event.ts'
import { LIMITS } from '../limits.ts'
import { annotate, closedObject, distinct } from '../schema.ts'
import { DrainFrame, ErrorFrame } from './answer-frames.ts'
import { frame, RequestId } from './frame.ts'

/** The frames a subscriber sends over the stream, by their type. */
export const SUBSCRIBER_FRAMES = {
  subscribe: frame(
    'subscribe',
    'SubscribeFrame',
    'The first frame: which events to send, and from where on.',
    {
      requestId: Type.Optional(RequestId),
      token: Type.Optional(
        Type.String({
          maxLength: 512,
          description: 'The credential, where the upgrade request did not carry it.',
        }),
      ),
      types: Type.Optional(
        distinct(EventTypeFilter, {
          maxItems: LIMITS.eventTypesPerFilterMax,
          description: 'Only events of these types; all where left out or empty.',
        }),
      ),
      subject: Type.Optional(EventSubject),
      since: Type.Optional(
        annotate(EventCursor, { description: `${EventCursor.description} From now on where left out.` }),
      ),
    },
  ),
} as const
export type SubscribeFrame = Static<(typeof SUBSCRIBER_FRAMES)['subscribe']>

/** The frames the server sends over the stream, by their type. */
export const STREAM_FRAMES = {
  ack: frame('ack', 'SubscribedFrame', 'Answers `subscribe` where it had a `requestId`; events follow.', {
    requestId: RequestId,
    result: Type.Optional(closedObject({}, { description: 'Nothing to tell.' })),
  }),
  event: frame('event', 'EventFrame', 'One event.', { event: Event }),
  gap: frame('gap', 'GapFrame', Gap.description ?? '', Gap.properties),
  drain: DrainFrame,
  error: ErrorFrame,
} as const
export type StreamFrameType = keyof typeof STREAM_FRAMES
export type StreamFrameOf<T extends StreamFrameType> = Static<(typeof STREAM_FRAMES)[T]>
export type StreamFrame = { [T in StreamFrameType]: StreamFrameOf<T> }[StreamFrameType]
