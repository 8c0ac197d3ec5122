import { closeSync, fstatSync, openSync, readSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { META_BYTES, META_PAGES_BYTES, newestMeta } from './lmdb-meta.ts'

/** Room that is always there before anything is written, in bytes. */
export const ROOM_MIN = 1_024 * 1_024
const EXTENSION_MAX = 16 * 1_024 * 1_024
/** A file that is larger grows in larger pieces, up to the limit above. */
const EXTENSION_SHARE = 16
const ZEROS = Buffer.alloc(1_024 * 1_024)

const writeTo = promisify(write)

/**
 * The space behind what LMDB uses of its file, taken from the disk before LMDB needs it.
 *
 * LMDB 0.9.90 as lmdb-js 3.5 ships it writes past the end of a buffer when a page cannot be written. A full disk is
 * therefore noticed here, by a write of our own behind the end of the file, and never by LMDB.
 */
export class FileReserve {
  readonly #descriptor: number
  #metaPages = Buffer.alloc(META_PAGES_BYTES)

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r+')
  }

  /** Bytes of the file that LMDB uses, and bytes behind them. */
  measure(): { readonly usedBytes: number; readonly room: number } {
    readSync(this.#descriptor, this.#metaPages, 0, this.#metaPages.length, 0)
    const { lastPage, pageBytes } = newestMeta(this.#metaPages)
    // The first time says how much of the beginning matters.
    this.#metaPages = this.#metaPages.subarray(0, pageBytes + META_BYTES)
    const usedBytes = (lastPage + 1) * pageBytes
    return { usedBytes, room: fstatSync(this.#descriptor).size - usedBytes }
  }

  /**
   * Makes the file longer by what a file of its size should have, or by `bytes` where that is more. Only while LMDB
   * writes nothing: it may go beyond the end of the file, too.
   *
   * @throws Error of the system where the disk does not give at least `bytes`
   */
  async extend(bytes: number): Promise<void> {
    const { size } = fstatSync(this.#descriptor)
    const usual = Math.min(EXTENSION_MAX, Math.max(ROOM_MIN, size / EXTENSION_SHARE))
    const end = size + Math.ceil(Math.max(bytes, usual))
    for (let at = size; at < end; ) {
      try {
        const { bytesWritten } = await writeTo(
          this.#descriptor,
          ZEROS,
          0,
          Math.min(ZEROS.length, end - at),
          at,
        )
        at += bytesWritten
      } catch (error) {
        if (at - size >= bytes) return
        throw error
      }
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
