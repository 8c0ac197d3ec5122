import { describe, expect, it } from 'vitest'
import { eventFilter, parseCursor } from '#server/stream/event-selection.ts'

describe('parseCursor', () => {
  it('reads an id with its epoch and a bare number', () => {
    expect(parseCursor('28123456-42')).toEqual({ epoch: 28_123_456, sequence: 42 })
    expect(parseCursor('0')).toEqual({ sequence: 0 })
  })

  it('refuses everything else', () => {
    for (const text of ['', '-', '1-', '-1', '1-2-3', ' 1', '1e3', '0x1', '1.0', '9'.repeat(16), 'abc']) {
      expect(() => parseCursor(text), text).toThrow(expect.objectContaining({ code: 'cursor_invalid' }))
    }
  })
})

describe('eventFilter', () => {
  it('takes off what the wire puts before a type', () => {
    expect(eventFilter(['amos.task.completed', 'amos.agent.*'], 'a-1')).toEqual({
      types: ['task.completed', 'agent.*'],
      subject: 'a-1',
    })
  })

  it('lets all types through where none is named, or all are', () => {
    expect(eventFilter(undefined, undefined)).toEqual({})
    expect(eventFilter([], undefined)).toEqual({})
    expect(eventFilter(['amos.*', 'amos.task.completed'], undefined)).toEqual({})
  })
})
