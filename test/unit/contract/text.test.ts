import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutText, cutUtf8, isAtMostLong, isWellFormed } from '#contract/text.ts'

describe('cutText', () => {
  it.each([
    ['abc', 2, 'ab'],
    ['a😀', 2, 'a'],
    ['a😀', 3, 'a😀'],
    ['😀😀', 3, '😀'],
    ['a\ud800b', 9, 'a\ufffdb'],
    ['ab\ud83d', 2, 'ab'],
    ['', 0, ''],
  ])('of %j at %i is %j', (text, lengthMax, cut) => {
    expect(cutText(text, lengthMax)).toBe(cut)
  })

  it('leaves the beginning of any text, in whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, lengthMax) => {
        const cut = cutText(text, lengthMax)
        expect(text.startsWith(cut)).toBe(true)
        expect(cut.length).toBeLessThanOrEqual(lengthMax)
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, lengthMax - 1))
        expect(isWellFormed(cut)).toBe(true)
      }),
    )
  })
})

describe('cutUtf8', () => {
  it('keeps a limit in bytes, in whole characters', () => {
    expect(cutUtf8('é'.repeat(100), 123)).toBe('é'.repeat(61))
    expect(cutUtf8('😀'.repeat(100), 123)).toBe('😀'.repeat(30))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, bytesMax) => {
        const cut = cutUtf8(text, bytesMax)
        expect(text.startsWith(cut)).toBe(true)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytesMax)
        expect(cut === text || Buffer.byteLength(cut) > bytesMax - 4).toBe(true)
      }),
    )
  })
})

it('counts characters as JSON Schema does', () => {
  expect(isAtMostLong('😀'.repeat(5), 5)).toBe(true)
  expect(isAtMostLong('😀'.repeat(6), 5)).toBe(false)
  expect(isAtMostLong('abcdef', 5)).toBe(false)
})
