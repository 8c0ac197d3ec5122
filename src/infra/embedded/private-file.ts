import { chmodSync, closeSync, fstatSync, openSync } from 'node:fs'

const OTHERS = 0o077

/**
 * Makes an empty file that only this user can read and write, or takes the others' rights away from the file that is
 * there. A library that opens the file then finds it as it has to be, whatever the umask and the directory allow.
 */
export function makePrivate(path: string): void {
  const descriptor = openSync(path, 'a', 0o600)
  const { mode, uid } = fstatSync(descriptor)
  closeSync(descriptor)
  // A file of another user, which this one may use by its group, is that user's to protect.
  if ((mode & OTHERS) !== 0 && uid === process.getuid?.()) chmodSync(path, mode & 0o700)
}
