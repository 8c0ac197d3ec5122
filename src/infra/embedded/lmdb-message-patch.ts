import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

/**
 * LMDB, as lmdb-js 3.5.6 ships it, formats this into a buffer of 100 bytes when a page cannot be written, with
 * numbers of up to 11 characters: it then writes past the end, and the process aborts sooner or later.
 */
const TOO_LONG = 'Attempting to write page at position %u, size %u, blocks %u, buffer sizes %i %i %i\0'
/** At most 81 bytes, whatever the numbers are. */
const SHORT = 'Attempting to write page at position %u, size %u, blocks %u\0'

const LIBRARY = /lmdb.*\.node$/
const CHUNK = 1_024 * 1_024

/**
 * Shortens the message in the memory of this process, where it is a constant of the loaded library; the file is left
 * alone. To be called before the first write.
 *
 * @returns whether the message cannot overflow any more. False on systems without /proc, or where it may not be
 * written: then a failed write of a page may still end the process by SIGABRT instead of its exit code
 */
export function shortenWriteMessage(): boolean {
  try {
    const descriptor = openSync('/proc/self/mem', 'r+')
    try {
      return constantsOfLibrary().some(({ start, end }) => replaceIn(descriptor, start, end))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return false
  }
}

interface Region {
  readonly start: number
  readonly end: number
}

/** Lines of the map are `start-end permissions offset device inode path`. */
function constantsOfLibrary(): readonly Region[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [range = '', permissions = '', , , , ...path] = line.split(/ +/)
      if (!permissions.startsWith('r') || permissions.startsWith('rw') || !LIBRARY.test(path.join(' ')))
        return []
      const [start = '', end = ''] = range.split('-')
      return [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }]
    })
}

/** Pieces overlap by the length of the message, so that it is found wherever it stands. */
function replaceIn(descriptor: number, start: number, end: number): boolean {
  const wanted = Buffer.from(TOO_LONG, 'latin1')
  const replacement = Buffer.from(SHORT, 'latin1')
  const bytes = Buffer.alloc(CHUNK + wanted.length)
  for (let at = start; at < end; at += CHUNK) {
    const length = readSync(descriptor, bytes, 0, Math.min(bytes.length, end - at), at)
    const found = bytes.subarray(0, length)
    if (found.includes(replacement)) return true
    const place = found.indexOf(wanted)
    if (place === -1) continue
    writeSync(descriptor, replacement, 0, replacement.length, at + place)
    return true
  }
  return false
}
