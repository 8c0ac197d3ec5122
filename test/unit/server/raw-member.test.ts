import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawMember } from '#server/input/raw-member.ts'

describe('the text of a member', () => {
  it.each([
    ['{"payload":12345678901234567890.10}', '12345678901234567890.10'],
    ['{ "a" : "payload" , "payload" : { "x": [1, 2, {}] } , "z": "}" }', '{ "x": [1, 2, {}] }'],
    ['{"to":{"payload":1},"payload":"a\\"b,}"}', '"a\\"b,}"'],
    ['{"payload":1,"payload":[2]}', '[2]'],
    ['{"payloads":1,"xpayload":2}', undefined],
    ['{"pay\\u006coad":1}', undefined],
    ['["payload"]', undefined],
    ['{}', undefined],
  ])('of %s is %s', (text, value) => {
    expect(rawMember(text, 'payload')).toBe(value)
  })

  it('is what the parser reads, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.nat(2),
        (rest, payload, indent) => {
          const object = { ...rest, payload }
          const raw = rawMember(JSON.stringify(object, null, indent), 'payload')
          expect(JSON.parse(raw ?? 'missing')).toEqual(JSON.parse(JSON.stringify(payload)))
        },
      ),
    )
  })
})
