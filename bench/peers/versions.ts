import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findExecutable } from '../../test/helpers/find-executable.ts'

/** `ws 8.23.0`, of a package as it is installed here. */
export function packageVersion(name: string): string {
  const manifest = readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}`
}

/** `redis-server 7.0.15`, of a program on PATH. */
export function programVersion(name: string): string {
  const executable = findExecutable(name)
  if (executable === undefined) return `${name} (not installed)`
  const [version = 'of unknown version'] =
    /\d+\.\d+\.\d+/.exec(execFileSync(executable, ['--version'], { encoding: 'utf8' })) ?? []
  return `${name} ${version}`
}
