import { describe, expect, it } from 'vitest'
import { frameMessage } from '#server/sockets/framed-message.ts'
import { MessageRun } from '#server/sockets/message-run.ts'

const [a, b, c] = [frameMessage('a', false), frameMessage('b', false), frameMessage('c', false)]

describe('MessageRun', () => {
  it('is the bytes of its messages, one behind the other', () => {
    const run = MessageRun.empty().with(a).with(b).with(a)
    expect(run.messages).toEqual([a, b, a])
    expect(run.wire).toEqual(Buffer.concat([a.wire, b.wire, a.wire]))
    expect(run.byteLength).toBe(run.wire.length)
  })

  it('is one for all who append the same messages to the same run', () => {
    const start = MessageRun.empty()
    const first = start.with(a).with(b)
    const other = start.with(a).with(c)
    expect(start.with(a).with(b)).toBe(first)
    expect(start.with(a).with(c)).toBe(other)
    expect(start.with(b)).not.toBe(start.with(a))
    expect(first.wire).toBe(start.with(a).with(b).wire)
    expect(other.messages).toEqual([a, c])
  })

  it('copies nothing where it is one message', () => {
    expect(MessageRun.empty().with(a).wire).toBe(a.wire)
    expect(MessageRun.empty().wire).toHaveLength(0)
  })
})
