import { describe, expect, it } from 'vitest'
import { packageName } from '../../../examples/code-review/review/dependencies/imports.ts'
import { classifyLicence } from '../../../examples/code-review/review/dependencies/licences.ts'
import { specifierKind } from '../../../examples/code-review/review/dependencies/specifiers.ts'
import type { Finding } from '../../../examples/code-review/review/finding.ts'
import { type Files, places, review } from './review-tree.ts'

type Json = Record<string, unknown>

const sound = { name: 'sample', version: '1.0.0', license: 'MIT' }

function json(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** A lockfile that agrees with `manifest` and holds these packages. */
function lock(manifest: Json, packages: Json): string {
  return json({ lockfileVersion: 3, packages: { '': manifest, ...packages } })
}

async function reviewPackage(manifest: Json, files: Files = {}): Promise<readonly Finding[]> {
  return review('dependencies', { 'package.json': json({ ...sound, ...manifest }), ...files })
}

describe('version specifiers', () => {
  it.each([
    ['1.2.3', 'exact'],
    ['=1.2.3-rc.1', 'exact'],
    ['^1.2.3', 'range'],
    ['~1', 'range'],
    ['1.x', 'range'],
    ['>=1 <3', 'range'],
    ['1 || 2', 'range'],
    ['*', 'wildcard'],
    ['', 'wildcard'],
    ['>=1.0.0', 'wildcard'],
    ['^1 || >=3', 'wildcard'],
    ['latest', 'tag'],
    ['git+https://git.acme.io/a.git#v1', 'git'],
    ['acme/tool#main', 'git'],
    ['https://acme.io/a.tgz', 'tarball'],
    ['file:../a', 'local'],
    ['workspace:*', 'local'],
    ['npm:other@^1', 'local'],
  ])('reads %j as %s', (wanted, kind) => {
    expect(specifierKind(wanted)).toBe(kind)
  })

  it('are reported where nobody knows what will be installed', async () => {
    const dependencies = {
      a: '*',
      b: 'latest',
      c: 'http://acme.io/c.tgz',
      d: 'acme/d',
      e: '1.0.0',
      f: 'file:./f',
    }
    const manifest = { dependencies, peerDependencies: { g: '*' } }
    const text = Object.keys({ ...dependencies, g: 1 })
      .map((name) => `import '${name}'`)
      .join('\n')
    const found = await reviewPackage(manifest, { 'index.js': text })
    expect(found.map(({ rule, severity, line }) => [rule, severity, line])).toEqual([
      ['url_dependency', 'high', 8],
      ['wildcard_range', 'medium', 6],
      ['wildcard_range', 'medium', 7],
      ['url_dependency', 'medium', 9],
    ])
  })

  it('are shown without the password a URL may hold', async () => {
    const dependencies = { a: 'git+https://someone:hidden@git.example.com/a.git' }
    const found = await reviewPackage({ dependencies }, { 'index.js': "import 'a'" })
    expect(found[0]?.evidence).toBe('"a": "git+https://…@git.example.com/a.git"')
  })
})

describe('declared and imported packages', () => {
  it('finds a package that is imported but not declared, however it is imported', async () => {
    const found = await reviewPackage(
      { dependencies: { used: '1.0.0' } },
      {
        'a.mjs': "import 'used'\nimport x from 'static-one/part'\nexport * from '@scope/re-export/deep'\n",
        'b.cjs': "const y = require('required')\nrequire.resolve('resolved')\n",
        'c.ts':
          "export const z = import('dynamic')\nexport type T = import('type-only').T\nimport eq = require('equals')\n",
        'test/d.test.js': "import 'only-tests'\n",
      },
    )
    const names = found.map(({ message, severity }) => `${severity} ${message.split(' ', 1)[0]}`)
    expect(names.toSorted()).toEqual([
      'low only-tests',
      'medium @scope/re-export',
      'medium dynamic',
      'medium equals',
      'medium required',
      'medium resolved',
      'medium static-one',
      'medium type-only',
    ])
    expect(found.find(({ message }) => message.startsWith('static-one'))?.message).toContain('a.mjs:2')
  })

  it('knows built-ins, own names, aliases, workspaces, optional and injected modules', async () => {
    const found = await reviewPackage(
      {
        devDependencies: { '@types/estree': '1.0.0', typescript: '5.0.0' },
        optionalDependencies: { opt: '1.0.0' },
      },
      {
        'src/a.ts': [
          "import fs from 'fs'",
          "import path from 'node:path'",
          "import 'sample/part'",
          "import type { Node } from 'estree'",
          "import 'opt'",
          "import '#internal'",
          "import './local.js'",
          "import 'virtual:pages'",
          "import '@app/button'",
          "import 'components/card'",
          "import 'made-up'",
          "import 'sibling'",
          "try { require('maybe') } catch {}",
        ].join('\n'),
        'src/components/card.ts': '',
        'src/made-up.d.ts': "declare module 'made-up' {}\n",
        'src/bundle.js': 'var a = function (require) { return require("inside-a-bundle") }\n',
        'src/fixtures/x.js': "import 'whatever'\n",
        'tsconfig.json':
          '{ "compilerOptions": { "paths": { "@app/*": ["./src/*"], "@app/button": ["./b"] } } }',
        'packages/sibling/package.json': json({ ...sound, name: 'sibling' }),
      },
    )
    expect(found).toEqual([])
  })

  it('finds a run-time dependency that nothing mentions', async () => {
    const found = await reviewPackage(
      {
        dependencies: {
          imported: '1.0.0',
          scripted: '1.0.0',
          configured: '1.0.0',
          bundled: '1.0.0',
          forgotten: '1.0.0',
          '@types/x': '1.0.0',
        },
        devDependencies: { tool: '1.0.0' },
        scripts: { build: 'scripted --all' },
      },
      {
        'index.js': "export * from 'imported/sub'\n",
        '.tool.yml': 'plugins: [configured]\n',
        'dist/index.js': 'require("bundled")',
        'README.md': 'Uses forgotten.\n',
      },
    )
    expect(places(found)).toEqual(['unused_dependency package.json:10'])
    expect(found[0]?.message).toContain('forgotten')
  })

  it('takes nested packages for themselves and reads what is declared around them', async () => {
    const found = await review('dependencies', {
      'package.json': json({ ...sound, dependencies: { shared: '1.0.0' } }),
      'packages/a/package.json': json({ ...sound, name: 'a' }),
      'packages/a/index.js': "import 'shared'\nimport 'missing'\n",
      'packages/a/esm/package.json': '{"type":"module"}',
      'packages/a/esm/index.js': "import 'missing'\n",
    })
    expect(places(found)).toEqual(['undeclared_dependency packages/a/package.json:1'])
    expect(found[0]?.message).toContain('and in 1 other file')
  })

  it.each([
    ['lodash/fp', 'lodash'],
    ['@scope/name/part', '@scope/name'],
    ['./a', undefined],
    ['/a', undefined],
    ['#a', undefined],
    ['node:fs', undefined],
    ['raw-loader!./a', undefined],
    ['https://acme.io/a.js', undefined],
  ])('reads %s as a specifier of %s', (specifier, name) => {
    expect(packageName(specifier)).toBe(name)
  })
})

describe('the lockfile', () => {
  const manifest = { ...sound, dependencies: { a: '^1.0.0' } }
  const files = { 'package.json': json(manifest), 'index.js': "import 'a'\n" }

  it('is silent when it fits the manifest', async () => {
    const fitting = lock(manifest, { 'node_modules/a': { version: '1.0.1', license: 'MIT' } })
    expect(await review('dependencies', { ...files, 'package-lock.json': fitting })).toEqual([])
  })

  it('is missed when there are ranges', async () => {
    expect(places(await review('dependencies', files))).toEqual(['no_lockfile package.json:6'])
    expect(await review('dependencies', { ...files, 'yarn.lock': '# yarn\n' })).toEqual([])
  })

  it('is behind when it lacks a dependency or has another range', async () => {
    const without = lock({ ...sound }, {})
    expect(places(await review('dependencies', { ...files, 'package-lock.json': without }))).toEqual([
      'lock_missing_entry package.json:6',
    ])
    const uninstalled = lock(manifest, {})
    expect(places(await review('dependencies', { ...files, 'package-lock.json': uninstalled }))).toEqual([
      'lock_missing_entry package.json:6',
    ])
    const older = lock(
      { ...sound, dependencies: { a: '^0.9.0' } },
      { 'node_modules/a': { version: '0.9.0', license: 'MIT' } },
    )
    const found = await review('dependencies', { ...files, 'package-lock.json': older })
    expect(places(found)).toEqual(['lock_out_of_date package.json:6'])
    expect(found[0]?.message).toBe('a is ^1.0.0 here, but ^0.9.0 in package-lock.json')
  })

  it('tells of copyleft licences in what is shipped, and of deprecated packages', async () => {
    const locked = lock(manifest, {
      'node_modules/a': { version: '1.0.0', license: 'MIT', deprecated: 'use b instead' },
      'node_modules/gpl': { version: '1.0.0', license: 'GPL-3.0-only' },
      'node_modules/choice': { version: '1.0.0', license: '(MIT OR GPL-3.0-only)' },
      'node_modules/weak': { version: '1.0.0', license: 'MPL-2.0' },
      'node_modules/tool': { version: '1.0.0', license: 'AGPL-3.0-only', dev: true },
    })
    const found = await review('dependencies', { ...files, 'package-lock.json': locked })
    expect(found.map(({ rule, severity, message }) => [rule, severity, message.split(' ', 1)[0]])).toEqual([
      ['license_copyleft', 'medium', 'gpl@1.0.0'],
      ['deprecated_package', 'medium', 'a@1.0.0'],
      ['license_copyleft', 'info', 'weak@1.0.0'],
    ])
  })

  it('calls a licence unknown only when the installed package shows none', async () => {
    const locked = lock(manifest, {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/absent': { version: '1.0.0' },
    })
    const found = await review('dependencies', {
      ...files,
      'package-lock.json': locked,
      'node_modules/a/package.json': json({ name: 'a', version: '1.0.0' }),
      'node_modules/b/package.json': json({ name: 'b', version: '1.0.0', licenses: [{ type: 'MIT' }] }),
      'node_modules/c/package.json': json({ name: 'c', version: '1.0.0' }),
      'node_modules/c/LICENSE': 'Do as you like.\n',
    })
    expect(found.map(({ rule, message }) => [rule, message.split(' ', 1)[0]])).toEqual([
      ['license_unknown', 'a@1.0.0'],
    ])
  })
})

describe('the licence of the package itself', () => {
  it.each([
    [{ license: 'Apache-2.0 OR MIT' }, []],
    [{ license: undefined }, ['license_missing']],
    [{ license: undefined, private: true }, []],
    [{ license: 'Apache 2' }, ['license_invalid']],
    [{ license: { type: 'MIT' } }, ['license_invalid']],
    [{ license: 'SEE LICENSE IN TERMS.md' }, ['license_invalid']],
    [{ license: 'UNLICENSED' }, []],
  ])('%j gives %j', async (fields, rules) => {
    expect((await reviewPackage(fields)).map(({ rule }) => rule)).toEqual(rules)
  })

  it('may stand in a file that is there', async () => {
    expect(await reviewPackage({ license: 'SEE LICENSE IN TERMS.md' }, { 'TERMS.md': 'Terms.\n' })).toEqual(
      [],
    )
  })

  it.each([
    ['MIT', 'permissive'],
    ['LGPL-2.1-or-later', 'weak_copyleft'],
    ['GPL-2.0-only', 'strong_copyleft'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'weak_copyleft'],
    ['MIT AND AGPL-3.0-only', 'strong_copyleft'],
    ['MIT OR AGPL-3.0-only', 'permissive'],
    ['Whatever', 'invalid'],
  ])('classifies %s as %s', (text, licenceClass) => {
    expect(classifyLicence(text)).toBe(licenceClass)
  })
})

describe('a broken manifest', () => {
  it.each(['{ "name": ', '[]', '"text"', ''])('of %j is one finding', async (text) => {
    expect(places(await review('dependencies', { 'package.json': text }))).toEqual([
      'invalid_manifest package.json:1',
    ])
  })
})
