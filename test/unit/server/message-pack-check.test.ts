import { assert, jsonValue, property, uint8Array } from 'fast-check'
import { pack, unpack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { checkMessagePack } from '#server/sockets/message-pack-check.ts'
import { MessagePackError } from '#server/sockets/message-pack-head.ts'

const DEPTH_MAX = 8

function check(...bytes: number[]): () => void {
  return () => checkMessagePack(Buffer.from(bytes), DEPTH_MAX)
}

describe('checkMessagePack', () => {
  it('takes whatever JSON value a packer writes', () => {
    assert(
      property(jsonValue({ maxDepth: 5 }), (value) => {
        expect(() => checkMessagePack(pack(value), DEPTH_MAX)).not.toThrow()
      }),
    )
  })

  it('takes bytes, long texts and long lists', () => {
    for (const value of [Buffer.alloc(70_000), 'x'.repeat(300), 'x'.repeat(70_000), Array(70_000).fill(0)]) {
      expect(() => checkMessagePack(pack(value), DEPTH_MAX)).not.toThrow()
    }
  })

  it('refuses every proper beginning of a value', () => {
    const whole = pack({
      type: 'hello',
      held: [{ taskId: 'a', fencingToken: 2 ** 40 }],
      bytes: Buffer.from('xy'),
    })
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => checkMessagePack(whole.subarray(0, length), DEPTH_MAX)).toThrow(MessagePackError)
    }
  })

  it('refuses lengths beyond the end before anything is set aside for them', () => {
    expect(check(0xdd, 0xff, 0xff, 0xff, 0xff)).toThrow('cut off')
    expect(check(0xdf, 0xff, 0xff, 0xff, 0xff)).toThrow('cut off')
    expect(check(0xc6, 0x7f, 0xff, 0xff, 0xff)).toThrow('cut off')
  })

  it('refuses extension types and the type that is never used', () => {
    expect(check(0xc1)).toThrow('0xc1')
    expect(check(0xd4, 1, 0)).toThrow('0xd4')
    expect(check(0xc7, 0, 1)).toThrow('0xc7')
  })

  it('refuses what follows the value', () => {
    expect(check(0xc0, 0xc0)).toThrow('1 bytes follow')
  })

  it('refuses nesting past the limit, however deep', () => {
    expect(() =>
      checkMessagePack(Buffer.from([...Array<number>(DEPTH_MAX).fill(0x91), 0xc0]), DEPTH_MAX),
    ).not.toThrow()
    expect(() => checkMessagePack(Buffer.alloc(200_000, 0x91), DEPTH_MAX)).toThrow('too deep')
  })

  it('never takes bytes that the unpacker then fails on', () => {
    assert(
      property(uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          checkMessagePack(Buffer.from(bytes), DEPTH_MAX)
        } catch {
          return
        }
        expect(() => unpack(bytes) as unknown).not.toThrow()
      }),
      { numRuns: 2_000 },
    )
  })
})
