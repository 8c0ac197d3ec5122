import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GUARANTEED_TOKENS, winnow } from '../../../examples/code-review/review/duplication/winnowing.ts'
import { places, review } from './review-tree.ts'

/** `count` lines of code that no other name gives. */
function lines(name: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `  ${name}${index}(a + ${index}, '${name}')`).join('\n')
}

describe('the duplication review', () => {
  it('finds a block that another file repeats, with both places', async () => {
    const block = lines('step', 12)
    const found = await review('duplication', {
      'a.ts': `export function a() {\n${lines('own', 3)}\n${block}\n}\n`,
      'b.ts': `// Elsewhere.\nexport function b() {\n${lines('mine', 5)}\n${block}\n${lines('last', 2)}\n}\n`,
      'c.ts': `export function c() {\n${lines('other', 20)}\n}\n`,
    })
    expect(places(found)).toEqual(['duplicated_block b.ts:8'])
    expect(found[0]?.message).toMatch(/^lines 8–19 repeat a\.ts:5–16 \(\d+ equal tokens\)$/)
  })

  it('finds a block that the same file repeats', async () => {
    const block = lines('step', 12)
    const found = await review('duplication', {
      'a.js': `function a() {\n${block}\n  x()\n}\nfunction b() {\n${block}\n  y()\n}\n`,
    })
    expect(places(found)).toEqual(['duplicated_block a.js:17'])
    expect(found[0]?.message).toContain('repeat lines 2–13')
  })

  it('sees through layout and comments, but not through other names or values', async () => {
    const block = lines('step', 12)
    const reformatted = block.replaceAll('(a', '( // why\n a').replaceAll(', ', ' , /* and */ ')
    const renamed = block.replaceAll('(a', '(b')
    const found = await review('duplication', {
      'a.ts': `function a() {\n${block}\n}\n`,
      'reformatted.ts': `function r() {\n${reformatted}\n}\n`,
      'renamed.ts': `function n() {\n${renamed}\n}\n`,
    })
    expect(found.map(({ path }) => path)).toEqual(['reformatted.ts'])
  })

  it('leaves short repetitions, imports, compiler helpers and broken files alone', async () => {
    const imports = Array.from(
      { length: 20 },
      (_, index) => `import { a${index}, b${index} } from './m${index}.ts'`,
    ).join('\n')
    const helper = `var __helper = function () {\n${lines('help', 12)}\n}\n`
    const short = lines('step', 5)
    const found = await review('duplication', {
      'a.ts': `${imports}\n${helper}function a() {\n${short}\n}\n`,
      'b.ts': `${imports}\n${helper}function b() {\n${short}\n}\n`,
      'broken.ts': `function {\n${lines('step', 30)}\n`,
      'broken2.ts': `function {\n${lines('step', 30)}\n`,
    })
    expect(found).toEqual([])
  })

  it('tells a region once, however often it is repeated before', async () => {
    const block = lines('step', 12)
    const found = await review(
      'duplication',
      Object.fromEntries(
        ['a', 'b', 'c', 'd'].map((name) => [`${name}.ts`, `function ${name}() {\n${block}\n}\n`]),
      ),
    )
    expect(places(found)).toEqual([
      'duplicated_block b.ts:2',
      'duplicated_block c.ts:2',
      'duplicated_block d.ts:2',
    ])
  })
})

describe('winnowing', () => {
  const noise = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 120 })
  const shared = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: GUARANTEED_TOKENS, maxLength: 200 })

  it('gives two texts that share the guaranteed number of tokens a common fingerprint', () => {
    fc.assert(
      fc.property(shared, noise, noise, noise, noise, (block, before, after, before2, after2) => {
        const first = winnow(Int32Array.from([...before, ...block, ...after]))
        const second = new Set(
          winnow(Int32Array.from([...before2, ...block, ...after2])).map(({ hash }) => hash),
        )
        expect(first.some(({ hash }) => second.has(hash))).toBe(true)
      }),
    )
  })

  it('keeps far fewer fingerprints than tokens', () => {
    const tokens = Int32Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 997)
    const { length } = winnow(tokens)
    expect(length).toBeGreaterThan(100)
    expect(length).toBeLessThan(2_000)
  })
})
