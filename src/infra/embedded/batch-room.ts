/** A key that is written changes the pages from the root of its tree down to its own, three deep or so. */
const PAGES_PER_KEY = 3
const PAGE_BYTES = 4_096
/** Free list, table roots, and the splits of a few pages. */
const SPARE_BYTES = 64 * PAGE_BYTES
/** UTF-8 of text that is not ASCII, or the last page of a long value half empty. */
const BYTES_PER_CHARACTER = 3

/** A job was not staged because the file has no room for it yet. */
export class RoomShortage extends Error {
  override readonly name = 'RoomShortage'
  readonly bytes: number

  constructor(bytes: number) {
    super(`${bytes} bytes more are needed behind the end of the file`)
    this.bytes = bytes
  }
}

/** How much of the file's room a transaction may need at most, as its jobs are staged. */
export class BatchRoom {
  readonly #room: number
  readonly #usedBytes: number
  #keys = 0
  #characters = 0

  constructor({ room, usedBytes }: { readonly room: number; readonly usedBytes: number }) {
    this.#room = room
    this.#usedBytes = usedBytes
  }

  /** Before a job stages so many keys and characters. @throws RoomShortage */
  claim(keys: number, characters: number): void {
    const bytes = this.#bytesFor(this.#keys + keys, this.#characters + characters)
    if (bytes > this.#room) throw new RoomShortage(this.#bytesFor(keys, characters))
    this.#keys += keys
    this.#characters += characters
  }

  /** Every page that is there, changed once, is as much as the keys can change. */
  #bytesFor(keys: number, characters: number): number {
    const changed = Math.min(keys * PAGES_PER_KEY * PAGE_BYTES, this.#usedBytes)
    return changed + characters * BYTES_PER_CHARACTER + SPARE_BYTES
  }
}
