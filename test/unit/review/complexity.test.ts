import { describe, expect, it } from 'vitest'
import { measureFunctions } from '../../../examples/code-review/review/complexity/functions.ts'
import { LineIndex } from '../../../examples/code-review/review/source/lines.ts'
import { parseSource } from '../../../examples/code-review/review/source/parse.ts'
import { branchy, places, review } from './review-tree.ts'

function complexityOf(text: string, path = 'a.ts'): Record<string, number> {
  const outcome = parseSource(path, text)
  if (outcome.type !== 'parsed') throw new Error(`fixture does not parse: ${JSON.stringify(outcome)}`)
  return Object.fromEntries(
    measureFunctions(outcome.source, text).map(({ name, complexity }) => [name, complexity]),
  )
}

describe('cyclomatic complexity', () => {
  it('is 1 for a function without branches', () => {
    expect(complexityOf('function f() { return 1 }')).toEqual({ f: 1 })
  })

  it.each([
    ['if (a) b()', 2],
    ['if (a) b(); else if (c) d(); else e()', 3],
    ['return a ? b : c', 2],
    ['return a && b || c', 3],
    ['return a ?? b', 2],
    ['a ||= b; c ??= d; e += f', 3],
    ['for (;;) a(); for (const b of c) d(); for (const e in f) g()', 4],
    ['while (a) b(); do c(); while (d)', 3],
    ['switch (a) { case 1: case 2: b(); break; default: c() }', 3],
    ['try { a() } catch { b() } finally { c() }', 1],
    ['return a?.b?.()', 1],
  ])('of `%s` is %i', (body, complexity) => {
    expect(complexityOf(`function f(a, b, c, d, e, g) { ${body} }`)).toEqual({ f: complexity })
  })

  it('counts a nested function by itself', () => {
    expect(complexityOf('function outer() { if (a) b(); const inner = () => (c ? d : e || f) }')).toEqual({
      inner: 3,
      outer: 2,
    })
  })

  it('names methods, assigned functions and callbacks after their place', () => {
    const text = `class Box { open() {} size = () => 1 }
      exports.close = function () {}
      const shut = () => {}
      run(function () {})
      ;(0, lib.run)(() => {})
      ;(function () {})()`
    expect(Object.keys(complexityOf(text, 'a.js')).toSorted()).toEqual([
      'Box.open',
      'Box.size',
      'callback of lib.run',
      'callback of run',
      'exports.close',
      'immediately invoked function',
      'shut',
    ])
  })

  it('does not charge code of class fields to the function around the class', () => {
    expect(complexityOf('function f() { return class { a = b ? c : d; static { if (e) g() } } }')).toEqual({
      f: 1,
    })
  })

  it.each([
    ['a.js', 'const x = <b>{y}</b>; export default x'],
    ['a.jsx', 'export const X = () => <b/>'],
    ['a.mjs', 'await import("x")'],
    ['a.cjs', 'if (a) return; with (b) c()'],
    ['a.ts', 'enum A { B } namespace C { export const d = 1 } const e = <T>(f: T) => f as unknown'],
    ['a.tsx', 'export const X = <T,>(p: { t: T }) => <b>{String(p.t)}</b>'],
    ['a.mts', 'abstract class A { constructor(private readonly b: string) {} abstract c(): void }'],
    ['a.cts', 'import fs = require("fs"); export = fs'],
  ])('parses %s', (path, text) => {
    expect(parseSource(path, text).type).toBe('parsed')
  })
})

describe('the complexity review', () => {
  it('reports more than ten paths, at the line of the function', async () => {
    const found = await review('complexity', {
      'clean.js': branchy('calm', 9),
      'low.js': `\n\n${branchy('busy', 10)}`,
      'medium.js': branchy('wild', 25),
      'high.js': branchy('mad', 60),
    })
    expect(
      found
        .filter(({ rule }) => rule === 'complex_function')
        .map(({ path, line, severity }) => [path, line, severity]),
    ).toEqual([
      ['high.js', 1, 'high'],
      ['low.js', 3, 'low'],
      ['medium.js', 1, 'medium'],
    ])
    expect(found[0]?.message).toContain('mad has a cyclomatic complexity of 61')
  })

  it('counts lines of code for length, not blank lines and comments', async () => {
    const code = (count: number) => '  step()\n'.repeat(count)
    const found = await review('complexity', {
      'long.ts': `export function long() {\n${code(60)}}\n`,
      'short.ts': `export function short() {\n${'\n  // a word\n  /* two\n lines */\n'.repeat(30)}${code(58)}}\n`,
    })
    expect(places(found)).toEqual(['long_function long.ts:1'])
    expect(found[0]?.message).toContain('62 lines of code, down to line 62')
  })

  it('does not call a suite or a module wrapper a long function', async () => {
    const body = '  step()\n'.repeat(80)
    const found = await review('complexity', {
      'a.js': `describe('x', () => {\n${body}})\n;(function () {\n${body}})()\n;(function (f) { f() })(function () {\n${body}})\n`,
      'b.js': `run('x', () => {\n${body}})\n`,
    })
    expect(places(found)).toEqual(['long_function b.js:1'])
  })

  it('reports a file that is no program once, where the parser gave up', async () => {
    const found = await review('complexity', {
      'bad.ts': 'const a = 1\nconst b = = 2\n',
      'good.ts': 'export const a = 1\n',
    })
    expect(places(found)).toEqual(['parse_error bad.ts:2'])
  })

  it('says nothing about Flow, minified and generated files', async () => {
    const found = await review('complexity', {
      'flow.js': '// @flow\nfunction f(x: string) {}\n',
      'lib.min.js': branchy('a', 40),
      'dense.js': branchy('a', 40).replaceAll('\n', ' '),
      'schema.js': `// Generated by a tool. Do not edit.\n${branchy('a', 40)}`,
    })
    expect(found).toEqual([])
  })

  it('takes tests lightly', async () => {
    const found = await review('complexity', { 'test/a.test.js': branchy('f', 30) })
    expect(found.map(({ severity }) => severity)).toEqual(['info'])
  })
})

describe('LineIndex', () => {
  it('counts lines from 1 and gives a line break to the line it ends', () => {
    const index = new LineIndex('a\nbc\n\nd')
    expect([0, 1, 2, 4, 5, 6, 7].map((offset) => index.lineAt(offset))).toEqual([1, 1, 2, 2, 3, 4, 4])
  })
})
