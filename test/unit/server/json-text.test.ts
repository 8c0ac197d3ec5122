import { describe, expect, it } from 'vitest'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'
import { LIMITS } from '#contract/limits.ts'
import { opaqueBytes, parseJson, readUtf8 } from '#server/input/json-text.ts'
import { OpaqueJson, opaqueText } from '#server/input/opaque-json.ts'

const PAYLOAD: OpaqueShape = { members: new Map([['payload', OPAQUE]]) }

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('opaqueText', () => {
  it('measures UTF-8 bytes, not characters', () => {
    const fits = `"${'é'.repeat((LIMITS.payloadBytesMax - 2) / 2)}"`
    expect(opaqueText(new OpaqueJson(fits), 'payload')).toBe(fits)
    expect(() => opaqueText(new OpaqueJson(`${fits} `), 'payload')).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    )
  })

  it('takes nothing for null', () => {
    expect(opaqueText(undefined, 'result')).toBe('null')
    expect(opaqueText(null, 'result')).toBe('null')
  })
})

describe('opaqueBytes', () => {
  it('keeps the text as it came', () => {
    const text = '{ "a" : 1.0, "b":12345678901234567890, "__proto__": {} }'
    expect(opaqueBytes(bytes(text), 'result')).toBe(text)
  })

  it.each([
    ['{', 'json_invalid'],
    ['1 2', 'json_invalid'],
    ['['.repeat(33) + ']'.repeat(33), 'json_too_deep'],
    [`"${'x'.repeat(LIMITS.payloadBytesMax)}"`, 'payload_too_large'],
  ])('refuses %.10s with %s', (text, code) => {
    expect(() => opaqueBytes(bytes(text), 'result')).toThrow(expect.objectContaining({ code }))
  })

  it('refuses what is not UTF-8', () => {
    const latin1 = Buffer.from('"caf\xe9"', 'latin1')
    expect(() => opaqueBytes(latin1, 'payload')).toThrow(expect.objectContaining({ code: 'utf8_invalid' }))
  })
})

describe('readUtf8', () => {
  it.each([
    ['a byte of Latin-1', [0x63, 0xe9]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character that is cut off', [0xf0, 0x9f, 0x98]],
    ['a point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
  ])('refuses %s', (_, sent) => {
    expect(() => readUtf8(Buffer.from(sent), 'body')).toThrow(
      expect.objectContaining({ code: 'utf8_invalid' }),
    )
  })
})

describe('parseJson', () => {
  const unsafe = ['{"__proto__":1}', String.raw`{"\u005f_proto__":1}`, '[{"constructor":{"prototype":1}}]']

  it('refuses names of the prototype however they are spelt', () => {
    for (const text of unsafe) {
      for (const envelope of [text, `{"payload":1,"metadata":${text}}`])
        expect(() => parseJson(envelope, PAYLOAD), envelope).toThrow(
          expect.objectContaining({ code: 'json_unsafe' }),
        )
    }
    expect(parseJson('{"constructor":1,"text":"__proto__"}', PAYLOAD)).toEqual({
      constructor: 1,
      text: '__proto__',
    })
  })

  it('takes any name in an opaque value, and leaves its text alone', () => {
    for (const text of unsafe)
      expect(parseJson(`{"payload":${text}}`, PAYLOAD)).toEqual({ payload: new OpaqueJson(text) })
  })

  it('refuses what is not JSON, in an opaque value as well', () => {
    for (const text of ['{"payload":1e}', '{"payload":NaN}', '{"payload":1 2}', '\ufeff{}', '{"payload":']) {
      expect(() => parseJson(text, PAYLOAD), text).toThrow(expect.objectContaining({ code: 'json_invalid' }))
    }
  })
})
