import type { Static, TObject, TSchema } from '@sinclair/typebox'
import type { ProblemCode } from '../problem-codes.ts'
import type { Access } from './access.ts'

export type Tag =
  | 'swarms'
  | 'agents'
  | 'tasks'
  | 'messages'
  | 'topology'
  | 'consensus'
  | 'memory'
  | 'trails'
  | 'patterns'
  | 'learning'
  | 'groups'
  | 'events'
  | 'resources'
  | 'operations'

interface Reply {
  readonly description: string
  readonly schema?: TSchema
  /** `application/json` where left out. */
  readonly mediaType?: string
  /** The same as a stream of server-sent events. */
  readonly isStreamable?: boolean
  /** Carries an `ETag`, for `If-Match` in a change. */
  readonly hasEtag?: boolean
}

export interface OperationShape {
  readonly operationId: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as `{name}`. */
  readonly path: string
  readonly tag: Tag
  readonly summary: string
  readonly description: string
  readonly access: Access
  readonly params?: TObject
  readonly query?: TObject
  readonly headers?: TObject
  readonly body?: TObject
  /** Of a request whose body is `application/octet-stream`, in place of `body`. */
  readonly bytes?: TSchema
  /** Who may send a field of the body, where that is fewer than may call the operation. */
  readonly fieldAccess?: Readonly<Record<string, Exclude<Access, 'public'>>>
  /** True where the request may come without a body, which then means `{}`. */
  readonly isBodyOptional?: boolean
  /** The default is LIMITS.bodyBytesMax. */
  readonly bodyBytesMax?: number
  readonly replies: Readonly<Record<number, Reply>>
  /** Problems of its own; see `problemCodesOf` for those it shares with others. */
  readonly problems: readonly ProblemCode[]
}

/** One REST operation: what the server routes, the documents describe and a client calls. */
export type Operation = OperationShape

export function defineOperation<const O extends OperationShape>(operation: O): O {
  return operation
}

export type ParamsOf<O extends OperationShape> = O['params'] extends TSchema ? Static<O['params']> : unknown
export type QueryOf<O extends OperationShape> = O['query'] extends TSchema ? Static<O['query']> : unknown
export type HeadersOf<O extends OperationShape> = O['headers'] extends TSchema
  ? Static<O['headers']>
  : unknown
export type BodyOf<O extends OperationShape> = O['body'] extends TSchema ? Static<O['body']> : unknown
