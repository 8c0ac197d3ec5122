import { describe, expect, it } from 'vitest'
import { RawJson, rawJson, writeJson } from '#sdk/json/raw-json.ts'
import { AWKWARD_PAYLOADS } from '../../helpers/awkward-payloads.ts'

describe('rawJson', () => {
  it.each([...AWKWARD_PAYLOADS])('is written as it stands: %s', (_, text) => {
    expect(writeJson(rawJson(text))).toBe(text)
    expect(writeJson({ tasks: [{ type: 't', payload: rawJson(text) }] })).toBe(
      `{"tasks":[{"type":"t","payload":${text}}]}`,
    )
  })

  it('goes into parts of a value, several times, and with an indent around it', () => {
    const n = rawJson(' 1e400 ')
    expect(writeJson({ a: [n, { n }], b: '"raw-json:0"' })).toBe(
      '{"a":[1e400,{"n":1e400}],"b":"\\"raw-json:0\\""}',
    )
    expect(writeJson({ n }, 2)).toBe('{\n  "n": 1e400\n}')
  })

  it('is not disturbed by what is written while it is written, nor by what fails', () => {
    const nested = { toJSON: () => writeJson([rawJson('2.0')]) }
    expect(writeJson([rawJson('1.0'), nested, rawJson('3.0')])).toBe('[1.0,"[2.0]",3.0]')
    expect(() => writeJson([rawJson('1.0'), 1n])).toThrow(TypeError)
    expect(JSON.stringify(rawJson('{"n": 1.0}'))).toBe('{"n":1}')
  })

  it('takes JSON only', () => {
    for (const text of ['', '{', 'NaN', "'a'", '1,2']) expect(() => rawJson(text), text).toThrow(SyntaxError)
    expect(rawJson('1')).toBeInstanceOf(RawJson)
  })
})

describe('writeJson', () => {
  it('writes everything else as JSON.stringify does', () => {
    for (const value of [{ a: [1, 'x', null, undefined] }, 'text', -0, Number.NaN, undefined, () => 1])
      expect(writeJson(value)).toBe(JSON.stringify(value))
  })
})
