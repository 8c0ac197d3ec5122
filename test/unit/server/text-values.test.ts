import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { decodeTextValues } from '#server/input/text-values.ts'

const SCHEMA = Type.Object({
  whole: Type.Optional(Type.Integer()),
  part: Type.Optional(Type.Number()),
  flag: Type.Optional(Type.Boolean()),
  text: Type.Optional(Type.String()),
})

function decode(values: Record<string, unknown>): unknown {
  const copy = { ...values }
  decodeTextValues(SCHEMA, copy)
  return copy
}

describe('decodeTextValues', () => {
  it('makes numbers and booleans of what is written as such, and leaves text alone', () => {
    expect(decode({ whole: '42', part: '-0.5', flag: 'true', text: '42', other: '1' })).toEqual({
      whole: 42,
      part: -0.5,
      flag: true,
      text: '42',
      other: '1',
    })
    expect(decode({ flag: 'false', whole: ['1', '2'] })).toEqual({ flag: false, whole: ['1', '2'] })
  })

  it.each([
    '1e400',
    '1e2',
    'Infinity',
    '-Infinity',
    'NaN',
    '0x10',
    '0b1',
    '007',
    '+1',
    '1_0',
    ' ',
    '',
    ' 1',
    '1.',
    '.5',
    '9'.repeat(17),
    '١',
  ])('leaves text what is not written as a number: %j', (text) => {
    expect(decode({ whole: text, part: text })).toEqual({ whole: text, part: text })
  })

  it('does not look at what the values inherit', () => {
    expect(decode(Object.create({ whole: '1' }) as Record<string, unknown>)).toEqual({})
  })
})
