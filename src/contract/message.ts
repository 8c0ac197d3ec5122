import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, Json, NAME_PATTERN, NEXT_PAGE, Timestamp } from './scalars.ts'
import { annotate, closedObject, distinct, namedValues, textEnum } from './schema.ts'

export const MessageId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  maxLength: LIMITS.messageIdLengthMax,
  description: 'Names the message. Within an inbox the same id is the same message, and is kept once.',
  examples: ['019ab3f2-6c1e-7a40-9d55-0f2c8b6e4a11'],
})

export const Topic = Type.String({
  pattern: NAME_PATTERN,
  maxLength: LIMITS.nameLengthMax,
  description: 'What a message is about; those who subscribed to exactly this get it.',
  examples: ['findings/security'],
})

export const MessageTarget = Type.Union(
  [
    closedObject({ kind: Type.Literal('agent'), agentId: AgentId }, { description: 'One agent.' }),
    closedObject({ kind: Type.Literal('topic'), topic: Topic }, { description: 'Whoever subscribed.' }),
    closedObject(
      { kind: Type.Literal('broadcast') },
      { description: 'All agents of the swarm but the sender.' },
    ),
  ],
  { title: 'MessageTarget', description: 'Whom a message is for.' },
)
export type MessageTarget = Static<typeof MessageTarget>

export const MessageKind = textEnum(['message', 'request', 'reply'], {
  description: 'A `request` wants a `reply` that carries its `correlationId`.',
})

const CorrelationId = annotate(MessageId, { description: 'Ties a reply to its request.' })
const Payload = Json(`What is said; at most ${LIMITS.payloadBytesMax / 1024} KiB of UTF-8, and kept as sent.`)

/** What a sender says of a message. */
export const MESSAGE_PROPERTIES = {
  messageId: Type.Optional(
    annotate(MessageId, { description: `${MessageId.description} Made by the server where left out.` }),
  ),
  to: MessageTarget,
  kind: Type.Optional(
    annotate(MessageKind, { description: `${MessageKind.description} \`message\` where left out.` }),
  ),
  correlationId: Type.Optional(CorrelationId),
  ttlMs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.messageTtlMsMax,
      description: 'Not delivered later than this, in milliseconds.',
    }),
  ),
  isDurable: Type.Optional(
    Type.Boolean({
      description:
        "Keep it in the receiver's inbox until it is acknowledged, and deliver it again until then. To one agent only.",
    }),
  ),
  payload: Payload,
}

export const MessageSend = closedObject(
  {
    from: Type.Optional(
      annotate(AgentId, {
        description: 'The agent that sends; it is known by its own token. Left out by clients.',
      }),
    ),
    ...MESSAGE_PROPERTIES,
  },
  { title: 'MessageSend', description: 'A message to send.' },
)
export type MessageSend = Static<typeof MessageSend>

const path = Type.Array(AgentId, {
  maxItems: LIMITS.pathLengthMax,
  description: 'The agents it passes by the topology, sender first. To many: the sender alone.',
})

export const MessageSent = closedObject(
  {
    messageId: MessageId,
    deliveredTo: Count('Connections it was written to.'),
    isStored: Type.Boolean({
      description: "Whether it waits in the receiver's inbox until it is acknowledged.",
    }),
    path,
  },
  { title: 'MessageSent', description: 'What became of a message.' },
)
export type MessageSent = Static<typeof MessageSent>

/** A message as agents and clients read it. */
export const DELIVERED_PROPERTIES = {
  messageId: MessageId,
  from: Type.Optional(annotate(AgentId, { description: 'The sender; left out where a client sent it.' })),
  to: MessageTarget,
  kind: MessageKind,
  correlationId: Type.Optional(CorrelationId),
  payload: Payload,
  sentAt: Timestamp,
  expiresAt: Type.Optional(Timestamp),
  isDurable: Type.Boolean({ description: 'To be acknowledged.' }),
  path,
  topologyVersion: Count('Of the topology the path was taken in.'),
}

export const MessageView = closedObject(DELIVERED_PROPERTIES, {
  title: 'Message',
  description: 'A message as it was accepted.',
})
export type MessageView = Static<typeof MessageView>

export const InboxPage = closedObject(
  {
    messages: Type.Array(MessageView, { maxItems: LIMITS.pageSizeMax, description: 'Oldest first.' }),
    ...NEXT_PAGE,
  },
  { title: 'InboxPage', description: 'Durable messages that wait for an agent.' },
)
export type InboxPage = Static<typeof InboxPage>

export const MessageIds = distinct(MessageId, {
  maxItems: LIMITS.acknowledgedMax,
  description: 'Messages the agent has dealt with; unknown ones are ignored.',
})

export const InboxAcknowledge = closedObject(
  { messageIds: MessageIds },
  { title: 'InboxAcknowledge', description: 'What may be taken out of the inbox.' },
)
export type InboxAcknowledge = Static<typeof InboxAcknowledge>

export const InboxAcknowledged = closedObject(
  { acknowledgedCount: Count('How many of them were there.') },
  { title: 'InboxAcknowledged', description: 'What was taken out of the inbox.' },
)
export type InboxAcknowledged = Static<typeof InboxAcknowledged>

export const Topics = distinct(Topic, {
  maxItems: LIMITS.topicsPerAgentMax,
  description: 'All the topics the agent wants from now on, in place of those of before.',
})

export const MessageMetrics = closedObject(
  {
    counts: namedValues(
      '^(?:direct|broadcast|topic:.{1,128})$',
      closedObject(
        {
          sent: Count('Accepted.'),
          hops: Count('Edges of the topology they passed.'),
          delivered: Count('Connections they were written to.'),
          refused: Count('Refused because the receiver was too slow.'),
        },
        { title: 'MessageCounts', description: 'What communication of one kind costs.' },
      ),
      {
        description:
          'By kind: `direct`, `broadcast`, and `topic:…` for each topic; `topic:*` counts those past 200.',
        maxProperties: 202,
      },
    ),
  },
  {
    title: 'MessageMetrics',
    description: 'What communication costs, since this node coordinates the swarm.',
  },
)
export type MessageMetrics = Static<typeof MessageMetrics>
