import { assert, integer, jsonValue, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDeeperThan } from '#server/input/json-depth.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('isDeeperThan', () => {
  it('takes what is exactly as deep as allowed, and nothing deeper', () => {
    expect(isDeeperThan(nested(32), 32)).toBe(false)
    expect(isDeeperThan(nested(33), 32)).toBe(true)
    expect(isDeeperThan('{"a":'.repeat(33), 32)).toBe(true)
  })

  it('counts what is open at once, not all that was opened', () => {
    expect(isDeeperThan(`[${Array.from({ length: 1_000 }, () => '[[]]').join(',')}]`, 3)).toBe(false)
  })

  it('reads no brackets inside strings, escaped quotes included', () => {
    expect(isDeeperThan(String.raw`{"[[[[":"\"[[[[\\"}`, 1)).toBe(false)
    expect(isDeeperThan(String.raw`["\\",[[]]]`, 2)).toBe(true)
    expect(isDeeperThan('["unfinished [[[[', 1)).toBe(false)
  })

  it('agrees with the depth of any JSON value', () => {
    assert(
      property(jsonValue({ maxDepth: 6 }), integer({ min: 0, max: 8 }), (value, depthMax) => {
        expect(isDeeperThan(JSON.stringify(value), depthMax)).toBe(depthOf(value) > depthMax)
      }),
    )
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
