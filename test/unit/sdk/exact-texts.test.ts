import { describe, expect, it } from 'vitest'
import { CHANNEL_FRAMES } from '#contract/frames/agent-frames.ts'
import { opaqueShapeOf, opaqueShapeOfAny } from '#contract/json/opaque-shape.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import { OPAQUE_IN, OPAQUE_IN_FRAMES, readJson } from '#sdk/json/exact-texts.ts'
import { AWKWARD_PAYLOADS } from '../../helpers/awkward-payloads.ts'

describe('where the SDK looks for payloads and results', () => {
  it('is where the contract has them, in answers and in frames', () => {
    const shapes = OPERATIONS.flatMap(({ operationId, replies }) =>
      Object.values(replies).flatMap(({ schema }) => {
        const shape = schema === undefined ? undefined : opaqueShapeOf(schema)
        return shape === undefined ? [] : [[operationId, shape]]
      }),
    )
    expect(Object.fromEntries(shapes)).toEqual(OPAQUE_IN)
    expect(opaqueShapeOfAny(Object.values(CHANNEL_FRAMES))).toEqual(OPAQUE_IN_FRAMES)
  })
})

describe('the exact text of a payload', () => {
  it.each([...AWKWARD_PAYLOADS])('stands beside the value: %s', (_, text) => {
    const answer = readJson(`{"messages":[{"payload":${text}},{"messageId":"m"}]}`, OPAQUE_IN.readInbox)
    const { messages } = answer as { messages: { payload: unknown; payloadText?: string }[] }
    expect(messages[0]?.payloadText).toBe(text)
    expect(messages[0]?.payload).toEqual(JSON.parse(text))
    expect(messages[1]?.payloadText).toBeUndefined()
  })

  it('is left out of what is written and copied', () => {
    const task = readJson('{"payload":1.0,"result":2.0}', OPAQUE_IN.getTask) as { resultText: string }
    expect(task.resultText).toBe('2.0')
    expect(JSON.stringify(task)).toBe('{"payload":1,"result":2}')
    expect({ ...task }).toEqual({ payload: 1, result: 2 })
  })
})
