import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DirectoryLock } from '#infra/system/directory-lock.ts'

let directory: string
const lockFile = (): string => join(directory, 'node.lock')
const acquire = (at = directory): DirectoryLock =>
  DirectoryLock.acquire({
    directory: at,
    fileName: 'node.lock',
    directoryName: 'data directory',
    holderName: 'server',
  })

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'amos-lock-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

it('refuses a second holder, and lets the next one in after the release', () => {
  const first = acquire()
  expect(() => acquire()).toThrow(
    `data directory ${directory} is in use by process ${process.pid}: one server at a time`,
  )
  first.release()
  acquire().release()
})

it('makes the directory where it is missing', () => {
  const nested = join(directory, 'a', 'b')
  acquire(nested)
  expect(readFileSync(join(nested, 'node.lock'), 'utf8')).toContain(String(process.pid))
})

it('takes over from a process that is gone, and from one whose pid another process has now', () => {
  for (const holder of ['999999999 1', `${process.ppid} 1`, 'rubbish', '']) {
    writeFileSync(lockFile(), holder)
    const lock = acquire()
    expect(readFileSync(lockFile(), 'utf8')).toContain(String(process.pid))
    lock.release()
  }
})

it('does not release what somebody else has taken over', () => {
  const first = acquire()
  writeFileSync(lockFile(), '1 2')
  first.release()
  expect(readFileSync(lockFile(), 'utf8')).toBe('1 2')
})
