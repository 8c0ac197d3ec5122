import { pack, unpack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import type { OutgoingFrame } from '#sdk/agent/frame-codec.ts'
import { jsonFrames, msgpackFrames } from '#sdk/agent/frame-codec.ts'
import { AWKWARD_PAYLOADS } from '../../helpers/awkward-payloads.ts'

const completion: OutgoingFrame = {
  type: 'task.complete',
  requestId: 1,
  taskId: 't1',
  fencingToken: 2,
  resultText: '{"text":"\\"}é"}',
}

describe('frame codecs', () => {
  it('put a result into a JSON frame as it stands', () => {
    expect(JSON.parse(String(jsonFrames.encode(completion)))).toEqual({
      type: 'task.complete',
      requestId: 1,
      taskId: 't1',
      fencingToken: 2,
      result: { text: '"}é' },
    })
  })

  it('carry a result through MessagePack as the bytes of its JSON', () => {
    const frame = unpack(msgpackFrames.encode(completion) as Buffer) as { result: Buffer }
    expect(frame).toMatchObject({ type: 'task.complete', requestId: 1, taskId: 't1', fencingToken: 2 })
    expect(frame.result.toString()).toBe('{"text":"\\"}é"}')
  })

  it('read a payload out of either', () => {
    const assigned = { type: 'task.assigned', taskId: 't1', payload: { deep: [1, null] } }
    const packed = pack({ ...assigned, payload: Buffer.from(JSON.stringify(assigned.payload)) })
    expect(msgpackFrames.decode(packed)).toEqual(assigned)
    expect(jsonFrames.decode(Buffer.from(JSON.stringify(assigned)))).toEqual(assigned)
  })

  it.each([...AWKWARD_PAYLOADS])('keep the text of a payload beside it: %s', (_, text) => {
    const packed = pack({ type: 'message', payload: Buffer.from(text) })
    expect(msgpackFrames.decode(packed)).toHaveProperty('payloadText', text)
    const written = Buffer.from(`{"type":"message","payload":${text},"isDurable":false}`)
    expect(jsonFrames.decode(written)).toHaveProperty('payloadText', text)
  })
})
