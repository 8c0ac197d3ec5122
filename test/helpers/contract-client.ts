import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { OperationShape } from '#contract/operations/operation.ts'
import { problemCodesOf } from '#contract/operations/problems-of.ts'
import { Problem } from '#contract/problem.ts'

export interface CallOptions {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is where it is text, as JSON otherwise. */
  readonly body?: unknown
  /** Sent as `application/octet-stream`, in place of `body`. */
  readonly bytes?: Uint8Array<ArrayBuffer>
}

/**
 * What an answer holds, as far as tests read it field by field. Which fields there are depends on the operation; that
 * they fit its schema was checked before the test sees them.
 */
export interface AnswerBody {
  readonly taskId: string
  readonly agentId: string
  readonly token: string
  readonly nextPageToken?: string
  readonly assignments: readonly { taskId: string; fencingToken: number; attempt: number; payload: unknown }[]
  readonly tasks: readonly { taskId: string }[]
  readonly swarms: readonly { swarmId: string }[]
  readonly [field: string]: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: AnswerBody
}

/** Calls operations of the contract, and fails where an answer is not what the contract says it can be. */
export class ContractClient {
  readonly url: string
  readonly #credential: string | undefined

  constructor(url: string, credential?: string) {
    this.url = url
    this.#credential = credential
  }

  async call(
    operation: OperationShape,
    { params = {}, query, headers, body, bytes }: CallOptions = {},
  ): Promise<Answer> {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'default')
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
    const response = await fetch(`${this.url}${path}${search}`, {
      method: operation.method,
      headers: {
        ...(this.#credential === undefined ? {} : { authorization: `Bearer ${this.#credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      ...(bytes === undefined ? {} : { body: bytes }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    const parsed: unknown = isJson ? JSON.parse(text) : text
    expectContract(operation, response, parsed)
    return { status: response.status, headers: response.headers, body: parsed as AnswerBody }
  }
}

function expectContract(operation: OperationShape, response: Response, body: unknown): void {
  const reply = operation.replies[response.status]
  if (reply === undefined) {
    const type = response.headers.get('content-type') ?? ''
    if (!type.startsWith('application/problem+json')) {
      throw new Error(`${operation.operationId} answered ${response.status} as ${type}`)
    }
    expectSchema(Problem, body, operation.operationId)
    const { code } = body as Problem
    if (!problemCodesOf(operation).includes(code))
      throw new Error(`${operation.operationId} answered ${code}, which its description does not name`)
  } else if (reply.schema !== undefined) {
    expectSchema(reply.schema, body, operation.operationId)
  } else if (body !== '') {
    throw new Error(`${operation.operationId} answered ${response.status} with a body`)
  }
}

const compiled = new Map<TSchema, ReturnType<typeof TypeCompiler.Compile>>()

/** @throws Error that says where a value differs from its schema */
export function expectSchema(schema: TSchema, value: unknown, what: string): void {
  let check = compiled.get(schema)
  if (check === undefined) {
    check = TypeCompiler.Compile(schema)
    compiled.set(schema, check)
  }
  if (check.Check(value)) return
  const wrong = check.Errors(value).First()
  throw new Error(`${what}: ${wrong?.path ?? ''} ${wrong?.message ?? ''}: ${JSON.stringify(wrong?.value)}`)
}
