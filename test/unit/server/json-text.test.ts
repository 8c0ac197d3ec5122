import { describe, expect, it } from 'vitest'
import { LIMITS } from '#contract/limits.ts'
import { checkedPayloadText, parseJson, payloadText } from '#server/input/json-text.ts'

describe('payloadText', () => {
  it('measures UTF-8 bytes, not characters', () => {
    const fits = 'é'.repeat((LIMITS.payloadBytesMax - 2) / 2)
    expect(payloadText(fits, 'payload')).toHaveLength(fits.length + 2)
    expect(() => payloadText(`${fits}e`, 'payload')).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    )
  })

  it('takes nothing for null', () => {
    expect(payloadText(undefined, 'result')).toBe('null')
  })
})

describe('checkedPayloadText', () => {
  it('keeps the text as it came', () => {
    const text = '{ "a" : 1.0, "b":12345678901234567890 }'
    expect(checkedPayloadText(text, 'result')).toBe(text)
  })

  it('refuses what is no JSON', () => {
    expect(() => checkedPayloadText('{', 'result')).toThrow(expect.objectContaining({ code: 'json_invalid' }))
  })
})

describe('parseJson', () => {
  it('refuses names of the prototype however they are spelt', () => {
    for (const text of [
      '{"__proto__":1}',
      String.raw`{"\u005f_proto__":1}`,
      '[{"constructor":{"prototype":1}}]',
    ]) {
      expect(() => parseJson(text), text).toThrow(expect.objectContaining({ code: 'json_unsafe' }))
    }
    expect(parseJson('{"constructor":1,"text":"__proto__"}')).toEqual({ constructor: 1, text: '__proto__' })
  })
})
