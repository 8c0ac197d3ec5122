import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FILE_BYTES_MAX, oncePerTree, openTree } from '../../../examples/code-review/review/tree.ts'
import { git, plant } from './review-tree.ts'

describe('openTree', () => {
  it('lists text files in order and leaves out binaries, large files, lockfiles, output and installed packages', async () => {
    const root = plant({
      'b.ts': '',
      'a/z.md': '',
      'a.bin': Uint8Array.from([0, 1, 2]),
      'latin1.txt': Uint8Array.from([0xe9, 0x20]),
      'large.txt': 'x'.repeat(FILE_BYTES_MAX + 1),
      'package-lock.json': '{}',
      'dist/a.js': '',
      'node_modules/x/a.js': '',
    })
    const tree = await openTree(root)
    expect(tree.paths).toEqual(['a/z.md', 'b.ts'])
    expect(tree.allPaths).toContain('dist/a.js')
    expect(tree.allPaths).not.toContain('node_modules/x/a.js')
  })

  it('lists an installed package when that is what is asked for', async () => {
    const root = plant({ 'node_modules/x/a.js': '', 'node_modules/x/node_modules/y/b.js': '' })
    expect((await openTree(join(root, 'node_modules/x'))).paths).toEqual(['a.js'])
  })

  it('follows what git ignores, and looks at everything in a folder that git ignores altogether', async () => {
    const root = plant({
      '.gitignore': 'secret.txt\nignored/\n',
      'kept.ts': '',
      'secret.txt': '',
      'ignored/a.ts': '',
      'gone.ts': '',
    })
    git(root, 'init', '-q')
    git(root, 'add', '.')
    git(root, 'commit', '-q', '-m', 'x')
    writeFileSync(join(root, 'new.ts'), '')
    rmSync(join(root, 'gone.ts'))
    expect((await openTree(root)).paths).toEqual(['.gitignore', 'kept.ts', 'new.ts'])
    expect((await openTree(join(root, 'ignored'))).paths).toEqual(['a.ts'])
  })

  it('does not run programs that the git configuration of a tree names', async () => {
    const root = plant({ 'a.ts': '', 'hook.sh': '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n' })
    git(root, 'init', '-q')
    git(root, 'config', 'core.fsmonitor', `sh ${join(root, 'hook.sh')}`)
    expect((await openTree(root)).allPaths).not.toContain('ran')
    expect(await (await openTree(root)).kindOf('ran')).toBeUndefined()
  })

  it('neither lists nor reads through symbolic links that lead outside', async () => {
    const outside = plant({ 'secret.txt': 'secret' })
    const root = plant({ 'a.txt': 'a' })
    symlinkSync(outside, join(root, 'folder'))
    symlinkSync(join(outside, 'secret.txt'), join(root, 'file.txt'))
    symlinkSync('a.txt', join(root, 'inside.txt'))
    const tree = await openTree(root)
    expect(tree.paths).toEqual(['a.txt'])
    for (const path of ['file.txt', 'folder/secret.txt', '../x', '/etc/hostname', 'a\0b']) {
      expect(await tree.readText(path), path).toBeUndefined()
      expect(await tree.kindOf(path), path).toBeUndefined()
    }
    expect(await tree.readText('inside.txt')).toBe('a')
  })

  it('reads text without its byte order mark', async () => {
    const tree = await openTree(plant({ 'a.txt': '\uFEFFtext' }))
    expect(await tree.readText('a.txt')).toBe('text')
  })

  it('stops at filesMax and says how many were left out', async () => {
    const tree = await openTree(plant({ a: '', b: '', c: '' }), { filesMax: 2 })
    expect(tree.paths).toEqual(['a', 'b'])
    expect(tree.omittedCount).toBe(1)
  })

  it('refuses what is not a folder', async () => {
    const root = plant({ 'a.txt': '' })
    await expect(openTree(join(root, 'a.txt'))).rejects.toThrow('is not a folder')
    await expect(openTree(join(root, 'missing'))).rejects.toThrow('ENOENT')
  })

  it('sees an empty folder as an empty tree', async () => {
    const root = plant({})
    mkdirSync(join(root, 'empty'))
    expect((await openTree(root)).paths).toEqual([])
  })
})

describe('oncePerTree', () => {
  it('builds once for all who ask, and again after a failure', async () => {
    const tree = await openTree(plant({}))
    let attempts = 0
    const build = oncePerTree(async () => {
      attempts++
      if (attempts === 1) throw new Error('first')
      return attempts
    })
    await expect(build(tree)).rejects.toThrow('first')
    expect(await Promise.all([build(tree), build(tree)])).toEqual([2, 2])
  })
})
