import * as fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { requestIdOf } from '#server/sockets/request-id.ts'

const packr = new Packr({ useRecords: false })
const id = fc.oneof(fc.string({ minLength: 1, maxLength: 64 }), fc.maxSafeNat())
const members = fc.dictionary(
  fc.string().filter((name) => name !== 'requestId' && name !== '__proto__'),
  fc.oneof(fc.jsonValue(), fc.date({ noInvalidDate: true }), fc.uint8Array()),
)

describe('requestIdOf', () => {
  it('finds the id among any other members, in either format', () => {
    fc.assert(
      fc.property(members, id, members, (before, requestId, after) => {
        const frame = { ...before, requestId, ...after }
        expect(requestIdOf(packr.pack(frame), true)).toBe(requestId)
        expect(requestIdOf(Buffer.from(JSON.stringify(frame)), false)).toBe(requestId)
      }),
    )
  })

  it('finds an id that stands before what was cut off, or broken', () => {
    fc.assert(
      fc.property(id, members, fc.nat(), (requestId, after, cut) => {
        const start = packr.pack({ requestId, after: 1 }).length
        const whole = packr.pack({ requestId, after })
        const bytes = whole.subarray(0, start + (cut % Math.max(1, whole.length - start)))
        expect(requestIdOf(bytes, true)).toBe(requestId)
        const text = `{"requestId":${JSON.stringify(requestId)},"after":{${'"x":['.repeat(cut % 100)}`
        expect(requestIdOf(Buffer.from(text), false)).toBe(requestId)
      }),
    )
  })

  it('never throws, whatever came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isBinary) => {
        const found = requestIdOf(Buffer.from(bytes), isBinary)
        expect(['undefined', 'string', 'number']).toContain(typeof found)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['deep lists', Buffer.concat([Buffer.of(0x82, 0xa1, 0x78), Buffer.alloc(200_000, 0x91)]), true],
    ['deep JSON', Buffer.from(`{"x":${'['.repeat(200_000)}`), false],
    ['a claimed length', Buffer.of(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x78), true],
  ])('gives up on %s', (_, bytes, isBinary) => {
    expect(requestIdOf(bytes, isBinary)).toBeUndefined()
  })
})
