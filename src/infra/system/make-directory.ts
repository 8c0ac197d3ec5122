import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DataDirectoryError } from '../store-refused-error.ts'
import { reasonOfFailure } from './failure-reason.ts'

const TRIAL_BYTES = 4_096

/**
 * Makes a directory where it is missing, for this user alone, and makes sure that files can be kept in it.
 *
 * @param name how the error calls it, for instance `data directory`
 * @throws DataDirectoryError saying why not
 */
export function makeUsableDirectory(directory: string, name: string): void {
  const path = resolve(directory)
  try {
    makeMissing(path)
    tryWrite(path)
  } catch (error) {
    throw new DataDirectoryError(`the ${name} ${directory} cannot be used: ${reasonOfFailure(error)}`, {
      cause: error,
    })
  }
}

/** One after another: asked to make all at once, Node tries for ever where the system says that there is no such path. */
function makeMissing(path: string): void {
  const present = statSync(path, { throwIfNoEntry: false })
  if (present?.isDirectory()) return
  if (present !== undefined) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
  const parent = dirname(path)
  if (parent !== path) makeMissing(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

function tryWrite(path: string): void {
  const trial = join(path, `.trial-${process.pid}`)
  const descriptor = openSync(trial, 'w', 0o600)
  try {
    const written = writeSync(descriptor, Buffer.alloc(TRIAL_BYTES))
    if (written < TRIAL_BYTES) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  } finally {
    closeSync(descriptor)
    rmSync(trial, { force: true })
  }
}
