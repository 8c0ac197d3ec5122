import { type TProperties, Type } from '@sinclair/typebox'
import { closedObject } from '../schema.ts'

/** Subprotocols of both WebSockets. JSON frames are text messages, MessagePack frames binary ones. */
export const SUBPROTOCOLS = ['amos.v1.json', 'amos.v1.msgpack'] as const
export type Subprotocol = (typeof SUBPROTOCOLS)[number]

/** Browsers cannot set headers on a WebSocket: they offer their credential as a further subprotocol. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'amos.token.'

/** Close codes. The numbers from 4000 on are ours. */
export const CLOSE_CODES = {
  /** The server goes away; connect again, to another node where there is one. */
  serviceRestart: 1012,
  /** Too many bad frames, or none where one was due. */
  policyViolation: 1008,
  /** What was sent is not being read. */
  tryAgainLater: 1013,
  /** A newer connection of the same agent took over; do not connect again. */
  superseded: 4001,
  /** No valid credential was shown; do not connect again with this one. */
  unauthorized: 4003,
  /** The swarm or the agent does not exist. */
  notFound: 4004,
  /** The agent was removed from the swarm; do not connect or register again without being told to. */
  removed: 4005,
} as const

export const RequestId = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 64 }),
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  ],
  {
    description:
      'Chosen by the sender; the `ack` or `error` that answers carries it. No answer where left out.',
  },
)
export type RequestId = string | number

/** A frame: `type` says which, `title` names it in the documents. */
export function frame<const T extends string, P extends TProperties>(
  type: T,
  title: string,
  description: string,
  properties: P,
) {
  return closedObject({ type: Type.Literal(type), ...properties }, { title, description })
}
