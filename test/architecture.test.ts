import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as rules from './architecture/rules.ts'
import { parseSource, readSourceTree, type SourceFile } from './architecture/source-tree.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const source = readSourceTree(projectRoot, 'src')
const everything = [
  ...source,
  ...['test', 'bench', 'scripts', 'examples'].flatMap((folder) => readSourceTree(projectRoot, folder)),
]

describe('the source tree', () => {
  it('is really read: every layer has files', () => {
    for (const layer of ['domain', 'contract', 'infra', 'simulation', 'server', 'sdk', 'cli']) {
      expect(
        source.some(({ path }) => path.startsWith(`src/${layer}/`)),
        layer,
      ).toBe(true)
    }
  })

  it('imports along the arrows only', () => {
    expect(rules.forbiddenArrows(source)).toEqual([])
  })

  it('has parts of the domain that know only what stands below them', () => {
    expect(rules.backArrows(source)).toEqual([])
  })

  it('is drawn in the documentation with the parts that it has, in their order', () => {
    const document = readFileSync(`${projectRoot}/docs/architecture.md`, 'utf8')
    expect(rules.drawnParts(document)).toEqual(rules.DOMAIN_PARTS)
    const folders = readdirSync(`${projectRoot}/src/domain`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    expect(folders.filter((name) => !rules.DOMAIN_PARTS.includes(name))).toEqual([])
  })

  it('imports by relative path inside a layer and by #layer across', () => {
    expect(rules.misspelledImports(source)).toEqual([])
  })

  it('has no import cycle', () => {
    expect(rules.importCycles(source)).toEqual([])
  })

  it('imports no file that is not there', () => {
    expect(rules.danglingImports(source)).toEqual([])
  })

  it('keeps Node out of the domain and the contract', () => {
    expect(rules.nodeInPureLayers(source)).toEqual([])
  })

  it('keeps Node out of what a browser loads', () => {
    expect(rules.nodeBehindBrowserEntry(source, 'src/sdk/browser.ts')).toEqual([])
  })

  it('has no barrel inside a layer', () => {
    expect(rules.barrels(source)).toEqual([])
  })

  it('reads the environment in one file, at the composition root', () => {
    const { root, layers } = rules.environmentReaders(source)
    expect(layers).toEqual([])
    expect(root).toHaveLength(1)
  })

  it('sets timers of a length that others choose in one place', () => {
    expect(rules.unboundedTimers(source)).toEqual([])
  })

  it('has no default export', () => {
    expect(rules.defaultExports(source)).toEqual([])
  })

  it(`has no file over ${rules.LINES_MAX} lines`, () => {
    expect(rules.oversized(everything)).toEqual([])
  })

  it('names its files in kebab-case', () => {
    expect(rules.misnamed(everything)).toEqual([])
  })
})

describe('the rules', () => {
  it.each([
    ['src/domain/a.ts', '#contract/task.ts'],
    ['src/contract/a.ts', '#domain/model/ids.ts'],
    ['src/infra/a.ts', '#contract/task.ts'],
    ['src/infra/a.ts', '#server/app.ts'],
    ['src/server/a.ts', '#infra/system/clock.ts'],
    ['src/sdk/a.ts', '#domain/orchestration/leases.ts'],
    ['src/sdk/a.ts', '#infra/embedded/lifetime.ts'],
    ['src/sdk/a.ts', '#server/app.ts'],
    ['src/server/a.ts', '../main.ts'],
  ])('refuse that %s imports %s', (path, specifier) => {
    expect(rules.forbiddenArrows([file(path, `import { x } from '${specifier}'`)])).toHaveLength(1)
  })

  it.each([
    ['src/infra/a.ts', '#domain/ports/clock.ts'],
    ['src/sdk/a.ts', '#domain/consensus/raft.ts'],
    ['src/sdk/a.ts', '#domain/model/ids.ts'],
    ['src/sdk/a.ts', '#infra/system/system-clock.ts'],
    ['src/main.ts', '#infra/system/clock.ts'],
    ['src/cli/main.ts', '#server/app.ts'],
  ])('allow that %s imports %s', (path, specifier) => {
    expect(rules.forbiddenArrows([file(path, `import { x } from '${specifier}'`)])).toEqual([])
  })

  it.each([
    "import type { X } from '#infra/x.ts'",
    "export { x } from '#infra/x.ts'",
    "await import('#infra/x.ts')",
  ])('see the arrow in: %s', (text) => {
    expect(rules.forbiddenArrows([file('src/server/a.ts', text)])).toHaveLength(1)
  })

  it('find an arrow that points back, and a file that stands in no part', () => {
    const back = file('src/domain/kernel/a.ts', "import type { X } from '../tasks/x.ts'")
    expect(rules.backArrows([back])).toHaveLength(1)
    expect(rules.backArrows([file('src/domain/tasks/a.ts', "import { x } from '../kernel/x.ts'")])).toEqual(
      [],
    )
    expect(rules.backArrows([file('src/domain/elsewhere/a.ts', 'export {}')])).toHaveLength(1)
  })

  it('find a cycle across an alias and name its files', () => {
    const files = [
      file('src/cli/a.ts', "import { b } from '#cli/b.ts'"),
      file('src/cli/b.ts', "import { c } from './c.ts'"),
      file('src/cli/c.ts', "import type { A } from './a.ts'"),
    ]
    expect(rules.importCycles(files)).toEqual(['src/cli/a.ts → src/cli/b.ts → src/cli/c.ts → src/cli/a.ts'])
  })

  it.each([
    ["import { b } from './b.ts'", 1],
    ["import './b.ts'", 1],
    ["export { b } from './b.ts'", 1],
    // Compiled to `import {} from './b.js'`.
    ["import { type B } from './b.ts'", 1],
    ["import type { B } from './b.ts'", 0],
    ["export type { B } from './b.ts'", 0],
  ])('follow %s behind a browser entry only if it loads anything', (text, found) => {
    const entry = file('src/sdk/browser.ts', "import { a } from './a.ts'")
    const b = file('src/sdk/b.ts', "import { readFile } from 'fs'")
    const files = [entry, file('src/sdk/a.ts', text), b]
    expect(rules.nodeBehindBrowserEntry(files, entry.path)).toHaveLength(found)
  })

  it('find Node in a pure layer, types included', () => {
    expect(
      rules.nodeInPureLayers([file('src/domain/a.ts', "import type { Stats } from 'node:fs'")]),
    ).toHaveLength(1)
  })

  it('find a relative import across layers and an alias inside one', () => {
    expect(
      rules.misspelledImports([file('src/infra/a.ts', "import { x } from '../domain/x.ts'")]),
    ).toHaveLength(1)
    expect(
      rules.misspelledImports([file('src/domain/a.ts', "import { x } from '#domain/x.ts'")]),
    ).toHaveLength(1)
    expect(rules.misspelledImports([file('src/domain/a.ts', "import { x } from './x.js'")])).toHaveLength(1)
  })

  it.each([
    'export const a = process.env',
    "export const a = process?.env['A']",
    "export const a = process['env']",
    'const { env } = process',
    "import { env } from 'node:process'",
  ])('see that the environment is read by: %s', (text) => {
    expect(rules.environmentReaders([file('src/infra/a.ts', text)]).layers).toHaveLength(1)
  })

  it('do not take a comment on the environment for reading it', () => {
    expect(
      rules.environmentReaders([file('src/infra/a.ts', '// never process.env\nexport {}')]).layers,
    ).toEqual([])
  })

  it.each(['export default 1', 'const a = 1\nexport { a as default }', "export { default } from './b.ts'"])(
    'see the default export in: %s',
    (text) => {
      expect(rules.defaultExports([file('src/cli/a.ts', text)])).toHaveLength(1)
    },
  )

  it('find a barrel by its name, by what it passes on, and a public one that hides what it exports', () => {
    expect(rules.barrels([file('src/domain/index.ts', 'export const a = 1')])).toHaveLength(1)
    expect(rules.barrels([file('src/domain/a.ts', "export * from './b.ts'")])).toHaveLength(1)
    expect(rules.barrels([file('src/sdk/index.ts', "export * from './b.ts'")])).toHaveLength(1)
    expect(rules.barrels([file('src/sdk/index.ts', "export { b } from './b.ts'")])).toEqual([])
  })

  it('find a timer whose length is not bounded, by any name', () => {
    const text = `
      import { setTimeout as sleep } from 'node:timers/promises'
      setTimeout(() => undefined, WAIT_MS); setInterval(look, PERIOD_MS / TURNS)
      setTimeout(() => undefined, options.waitMs); globalThis.setInterval(look, every); socket.setTimeout(quiet)
      AbortSignal.timeout(timeoutMs); await sleep(ms); clock.setTimer(whatever, look)`
    expect(rules.unboundedTimers([parseSource('src/sdk/client/x.ts', text)])).toEqual(
      ['options.waitMs', 'every', 'quiet', 'timeoutMs', 'ms'].map(
        (delay) => `src/sdk/client/x.ts sets a timer for ${delay}: use startTimer or timeLimit`,
      ),
    )
  })

  it('find a file that is too long, and one that shouts', () => {
    expect(rules.oversized([file('src/domain/a.ts', 'export {}\n'.repeat(401))])).toHaveLength(1)
    expect(rules.misnamed([file('src/domain/TaskQueue.ts', 'export {}')])).toHaveLength(1)
  })
})

function file(path: string, text: string): SourceFile {
  return parseSource(path, text)
}
