import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eachOpaque } from '#contract/json/each-opaque.ts'
import { scanOpaque } from '#contract/json/opaque-scan.ts'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'
import { LIMITS } from '#contract/limits.ts'

const PAYLOAD: OpaqueShape = { members: new Map([['payload', OPAQUE]]) }
const BATCH: OpaqueShape = { members: new Map([['tasks', { items: PAYLOAD }]]) }
const DEPTH_MAX: number = LIMITS.jsonDepthMax

function payloadIn(text: string): string | undefined {
  const { texts } = scanOpaque(text, PAYLOAD, DEPTH_MAX)
  return texts instanceof Map ? (texts.get('payload') as string | undefined) : undefined
}

describe('the text of an opaque member', () => {
  it.each([
    ['{"payload":12345678901234567890.10}', '12345678901234567890.10'],
    ['{ "a" : "payload" , "payload" : { "x": [1, 2, {}] } , "z": "}" }', '{ "x": [1, 2, {}] }'],
    ['{"to":{"payload":1},"payload":"a\\"b,}"}', '"a\\"b,}"'],
    ['{"payload":1,"payload":[2]}', '[2]'],
    ['{"payload":\n-0\t}', '-0'],
    ['{"pay\\u006coad":1}', '1'],
    ['{"payloads":1,"xpayload":2}', undefined],
    ['["payload"]', undefined],
    ['{}', undefined],
  ])('of %s is %s', (text, value) => {
    expect(payloadIn(text)).toBe(value)
  })

  it('is what the parser reads, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.nat(2),
        (rest, payload, indent) => {
          const raw = payloadIn(JSON.stringify({ ...rest, payload }, null, indent))
          expect(JSON.parse(raw ?? 'missing')).toEqual(JSON.parse(JSON.stringify(payload)))
        },
      ),
    )
  })

  it('is found in every item of a list, and only in the last of two lists of the same name', () => {
    const text = '{"tasks":[{"payload":1},{"payload":2},{}],"tasks":[{"type":"a"},{"payload":1e400},[],7]}'
    const document = JSON.parse(text) as { tasks: object[] }
    eachOpaque(document, scanOpaque(text, BATCH, DEPTH_MAX).texts, (parent, name, raw) => {
      parent[name] = raw
    })
    expect(document.tasks).toEqual([{ type: 'a' }, { payload: '1e400' }, [], 7])
  })
})

describe('the depth of a document', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  const isTooDeep = (text: string, shape?: OpaqueShape, depthMax = DEPTH_MAX): boolean =>
    scanOpaque(text, shape, depthMax).isTooDeep

  it('is counted in arrays and objects, also of text that is cut off', () => {
    expect(isTooDeep(nested(32))).toBe(false)
    expect(isTooDeep(nested(33))).toBe(true)
    expect(isTooDeep('{"a":'.repeat(33))).toBe(true)
  })

  it('is counted from the beginning of an opaque value, wherever that stands', () => {
    for (const [text, shape] of [
      [nested(32), OPAQUE],
      [`{"payload":${nested(32)}}`, PAYLOAD],
      [`{"tasks":[{"payload":${nested(32)}}]}`, BATCH],
    ] as const) {
      expect(isTooDeep(text, shape), text).toBe(false)
      expect(isTooDeep(text.replace('[[]]', '[[[]]]'), shape), text).toBe(true)
    }
    expect(isTooDeep(`{"metadata":${nested(32)}}`, PAYLOAD)).toBe(true)
  })

  it('does not grow with what stands beside each other, nor by brackets in strings', () => {
    expect(isTooDeep(`[${Array.from({ length: 1_000 }, () => '[[]]').join(',')}]`, undefined, 3)).toBe(false)
    expect(isTooDeep(String.raw`{"[[[[":"\"[[[[\\"}`, undefined, 1)).toBe(false)
    expect(isTooDeep(String.raw`["\\",[[]]]`, undefined, 2)).toBe(true)
    expect(isTooDeep('["unfinished [[[[', undefined, 1)).toBe(false)
  })

  it('is what a walk over the parsed value counts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(8), (value, depthMax) => {
        expect(isTooDeep(JSON.stringify(value), undefined, depthMax)).toBe(depthOf(value) > depthMax)
      }),
    )
  })
})

it('comes to an end on text that is not JSON', () => {
  const part = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', ' ', '1', '"payload"')
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      for (const text of [parts.join(''), `{"tasks":[{"payload":${parts.join('')}`])
        expect(scanOpaque(text, BATCH, DEPTH_MAX)).toMatchObject({ isTooDeep: false })
    }),
  )
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
