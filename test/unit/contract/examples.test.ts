import type { TObject, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { describe, expect, it } from 'vitest'
import {
  AGENT_FRAME_EXAMPLES,
  CHANNEL_FRAME_EXAMPLES,
  STREAM_FRAME_EXAMPLES,
  SUBSCRIBER_FRAME_EXAMPLES,
} from '#contract/examples/frame-examples.ts'
import { OPERATION_EXAMPLES, type OperationId } from '#contract/examples/operation-examples.ts'
import { AGENT_FRAMES, CHANNEL_FRAMES } from '#contract/frames/agent-frames.ts'
import { STREAM_FRAMES, SUBSCRIBER_FRAMES } from '#contract/frames/stream-frames.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'

const FRAMES: readonly [string, TObject, unknown][] = [
  ...framesOf('agent', AGENT_FRAMES, AGENT_FRAME_EXAMPLES),
  ...framesOf('channel', CHANNEL_FRAMES, CHANNEL_FRAME_EXAMPLES),
  ...framesOf('subscriber', SUBSCRIBER_FRAMES, SUBSCRIBER_FRAME_EXAMPLES),
  ...framesOf('stream', STREAM_FRAMES, STREAM_FRAME_EXAMPLES),
]

function framesOf(
  side: string,
  schemas: Readonly<Record<string, TObject>>,
  examples: Readonly<Record<string, unknown>>,
): [string, TObject, unknown][] {
  return Object.entries(schemas).map(([type, schema]) => [`${side}: ${type}`, schema, examples[type]])
}

describe('the examples of the documents', () => {
  it.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))(
    'fit the operation %s, and give every parameter and body that it needs',
    (operationId, { params, body }) => {
      const example = OPERATION_EXAMPLES[operationId as OperationId]
      expect(misfits(params, example.params)).toEqual([])
      expect(misfits(body, body && Value.Default(body, structuredClone(example.body)))).toEqual([])
      expect(example.body === undefined).toBe(body === undefined)
    },
  )

  it.each(FRAMES)('fit the frame of the %s', (_, schema, example) => {
    expect(misfits(schema, example)).toEqual([])
  })
})

function misfits(schema: TSchema | undefined, value: unknown): readonly string[] {
  if (schema === undefined) return []
  return [...Value.Errors(schema, value)].map(({ path, message }) => `${path} ${message}`)
}
