import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { spawnProcess } from '../../helpers/process.ts'

let clone: string

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'amos-clone-'))
  await cp('bin', join(clone, 'bin'), { recursive: true })
  await writeFile(join(clone, 'package.json'), JSON.stringify({ type: 'module' }))
})
afterEach(() => rm(clone, { recursive: true, force: true }))

it('says how to build a clone that is not built, and ends with 78', async () => {
  const command = spawnProcess(process.execPath, [join(clone, 'bin/amos.js'), '--help'])
  expect((await command.exited).code).toBe(78)
  expect(command.output).toContain('npm run amos')
})

it('runs the built command line', async () => {
  const built = join(clone, 'dist/cli')
  await mkdir(built, { recursive: true })
  await writeFile(join(built, 'main.js'), 'console.log("the built command", process.argv.slice(2).join(" "))')
  const command = spawnProcess(process.execPath, [join(clone, 'bin/amos.js'), 'status'])
  expect((await command.exited).code, command.output).toBe(0)
  expect(command.output).toContain('the built command status')
})
