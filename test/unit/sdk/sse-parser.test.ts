import { describe, expect, it } from 'vitest'
import { SseParser } from '#sdk/client/sse-parser.ts'

const STREAM = ': hello\n\nid: 1-1\ndata: {"a":1}\n\nevent: gap\ndata: first\r\ndata:second\r\n\r\ndata\n\n'

describe('SseParser', () => {
  it.each([1, 2, 3, 7, STREAM.length])('reads the same messages from pieces of %i characters', (size) => {
    const parser = new SseParser()
    const messages = []
    for (let at = 0; at < STREAM.length; at += size)
      messages.push(...parser.push(STREAM.slice(at, at + size)))
    expect(messages).toEqual([
      { event: 'message', data: '{"a":1}' },
      { event: 'gap', data: 'first\nsecond' },
      { event: 'message', data: '' },
    ])
  })

  it('hands out no message before the empty line that ends it', () => {
    const parser = new SseParser()
    expect(parser.push('data: 1\n')).toEqual([])
    expect(parser.push('\n')).toEqual([{ event: 'message', data: '1' }])
  })
})
