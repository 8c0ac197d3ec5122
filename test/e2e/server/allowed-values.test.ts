import type { TSchema } from '@sinclair/typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_FRAME_EXAMPLES } from '#contract/examples/frame-examples.ts'
import { OPERATION_EXAMPLES, type OperationId } from '#contract/examples/operation-examples.ts'
import { AGENT_FRAMES } from '#contract/frames/agent-frames.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import { FrameReader } from '#server/sockets/frame-reader.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

interface Keywords {
  readonly properties?: Readonly<Record<string, TSchema & Keywords>>
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly anyOf?: readonly (TSchema & Keywords)[]
}

/** A field that takes one of a few values: the names on the way to it, and the values. */
interface Choice {
  readonly path: readonly string[]
  readonly allowed: readonly unknown[]
}

/** Every field of an object, however deep, that takes one of a few values. */
function choicesIn(schema: TSchema & Keywords, path: readonly string[] = []): Choice[] {
  if (schema.enum !== undefined) return [{ path, allowed: schema.enum }]
  if (schema.const !== undefined) return [{ path, allowed: [schema.const] }]
  if (schema.anyOf !== undefined) {
    const kinds = schema.anyOf.map((option) => option.properties?.['kind']?.const)
    return kinds.includes(undefined) ? [] : [{ path: [...path, 'kind'], allowed: kinds }]
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    choicesIn(property, [...path, name]),
  )
}

function withValue(base: object, [name = '', ...rest]: readonly string[], value: unknown): object {
  const inner = (base as Record<string, object | undefined>)[name] ?? {}
  return { ...base, [name]: rest.length === 0 ? value : withValue(inner, rest, value) }
}

const BODIES = OPERATIONS.flatMap((operation) =>
  choicesIn(operation.body ?? ({} as TSchema)).map(({ path, allowed }) => ({
    operation,
    path,
    allowed,
    name: `${operation.operationId} ${path.join('.')}`,
  })),
)
const QUERIES = OPERATIONS.flatMap((operation) =>
  choicesIn(operation.query ?? ({} as TSchema)).map(({ path, allowed }) => ({
    operation,
    path,
    allowed,
    name: `${operation.operationId} ${path.join('.')}`,
  })),
)
const FRAMES = Object.entries(AGENT_FRAMES).flatMap(([type, schema]) =>
  choicesIn(schema)
    .filter(({ path }) => path.join('.') !== 'type')
    .map(({ path, allowed }) => ({ type, path, allowed, name: `${type} ${path.join('.')}` })),
)

/** What validators say by themselves. */
const UNHELPFUL = /constant|match a schema|Expected/

describe('a refusal of a wrong value', () => {
  let node: TestNode
  let client: ContractClient
  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
  })
  afterAll(() => node.close())

  it.each(BODIES)('names the allowed values in a body: $name', async ({ operation, path, allowed }) => {
    const { params, body = {} } = OPERATION_EXAMPLES[operation.operationId as OperationId]
    const answer = await client.call(operation, {
      ...(params === undefined ? {} : { params }),
      body: withValue(body, path, 'no-such-value'),
    })
    expect(answer.status).toBe(400)
    expectNamed(String(answer.body['detail']), path, allowed)
  })

  it.each(QUERIES)('names the allowed values in a query: $name', async ({ operation, path, allowed }) => {
    const { params } = OPERATION_EXAMPLES[operation.operationId as OperationId]
    const answer = await client.call(operation, {
      ...(params === undefined ? {} : { params }),
      query: { [path.join('.')]: 'no-such-value' },
    })
    expect(answer.status).toBe(400)
    expectNamed(String(answer.body['detail']), path, allowed)
  })

  it.each(FRAMES)('names the allowed values in a frame: $name', ({ type, path, allowed }) => {
    const example = AGENT_FRAME_EXAMPLES[type as keyof typeof AGENT_FRAME_EXAMPLES]
    const reader = new FrameReader(AGENT_FRAMES)
    const wrong = withValue(example, path, 'no-such-value')
    expect(() => reader.read(wrong)).toThrow(new RegExp(allowed.map(String).join('.*')))
    expect(() => reader.read(wrong)).not.toThrow(UNHELPFUL)
  })
})

function expectNamed(detail: string, path: readonly string[], allowed: readonly unknown[]): void {
  expect(detail).toContain(path.at(-1))
  for (const value of allowed) expect(detail).toContain(String(value))
  expect(detail).not.toMatch(UNHELPFUL)
}
