import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StoreDamagedError } from '../store-refused-error.ts'
import { numberAt } from './lmdb-meta.ts'

/** Layout of LMDB's pages, as of LMDB 0.9.90 in lmdb-js 3.5. Offsets of entries count from behind the header. */
export const PAGE_HEADER_BYTES = 24
const NODE_HEADER_BYTES = 8
const BRANCH = 1
const LEAF = 2
const OVERFLOW = 4
const BIG_VALUE = 1
const BIG_VALUE_BYTES = 24
const KEY_BYTES_MAX = 2_000

export interface PageReaderOptions {
  readonly pageBytes: number
  readonly lastPage: number
  /** Newer pages than this transaction's cannot belong to it. */
  readonly transaction: number
}

/** A page of a tree whose entries all lie within it, none upon another. */
export interface TreePage {
  readonly bytes: Buffer
  readonly count: number
}

/** Reads single pages of a database file, and refuses what LMDB could not have written. */
export class PageReader {
  readonly #descriptor: number
  readonly #options: PageReaderOptions
  readonly #claimed: Uint8Array

  constructor(path: string, options: PageReaderOptions) {
    this.#descriptor = openSync(path, 'r')
    this.#options = options
    const pages = Math.ceil(fstatSync(this.#descriptor).size / options.pageBytes)
    this.#claimed = new Uint8Array(Math.min(options.lastPage + 1, pages))
  }

  get pageBytes(): number {
    return this.#options.pageBytes
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Takes pages that belong to one owner only. @throws StoreDamagedError where one is taken already, or is not there */
  claim(first: number, count: number): void {
    if (first < 2 || count < 1 || first + count > this.#claimed.length)
      throw new StoreDamagedError(`page ${first} is beyond the end of the file`)
    for (let page = first; page < first + count; page += 1) {
      if (this.#claimed[page] !== 0) throw new StoreDamagedError(`page ${page} is used twice`)
      this.#claimed[page] = 1
    }
  }

  /** @param into as long as a page; what is returned stands in it. @throws StoreDamagedError */
  treePage(page: number, isLeaf: boolean, into: Buffer): TreePage {
    this.claim(page, 1)
    this.#read(page, into)
    const lower = shortAt(into, 20)
    const upper = shortAt(into, 22)
    const room = this.pageBytes - PAGE_HEADER_BYTES
    if (shortAt(into, 18) !== (isLeaf ? LEAF : BRANCH))
      throw new StoreDamagedError(`page ${page} is not the page of a tree that it should be`)
    if ((lower & 1) !== 0 || lower === 0 || lower > upper || upper > room)
      throw new StoreDamagedError(`the head of page ${page} is damaged`)
    const count = lower >> 1
    let used = 0
    for (let index = 0; index < count; index += 1) {
      const at = shortAt(into, PAGE_HEADER_BYTES + 2 * index)
      const isInside = at >= upper && at + NODE_HEADER_BYTES <= room
      const size = isInside ? nodeSize(into, PAGE_HEADER_BYTES + at, isLeaf) : room + 1
      if (at + size > room) throw new StoreDamagedError(`an entry of page ${page} is damaged`)
      used += size + (size & 1)
    }
    // Together they fill what the head calls used.
    if (used !== room - upper) throw new StoreDamagedError(`the entries of page ${page} are damaged`)
    return { bytes: into, count }
  }

  /** Takes the pages of a large value. @throws StoreDamagedError unless they begin as they should */
  claimOverflow({ page, pages }: Overflow): void {
    this.claim(page, pages)
    const head = Buffer.allocUnsafe(PAGE_HEADER_BYTES)
    this.#read(page, head)
    if (shortAt(head, 18) !== OVERFLOW || head.readUInt32LE(20) !== pages)
      throw new StoreDamagedError(`page ${page} is not the beginning of a large value`)
  }

  /** As many bytes of a large value as its pages hold. @throws StoreDamagedError */
  overflowValue({ page, pages }: Overflow): Buffer {
    const bytes = Buffer.allocUnsafe(pages * this.pageBytes)
    this.#read(page, bytes)
    return bytes.subarray(PAGE_HEADER_BYTES)
  }

  #read(page: number, into: Buffer): void {
    if (readSync(this.#descriptor, into, 0, into.length, page * this.pageBytes) !== into.length)
      throw new StoreDamagedError(`page ${page} is beyond the end of the file`)
    if (numberAt(into, 0) !== page || numberAt(into, 8) > this.#options.transaction)
      throw new StoreDamagedError(`page ${page} holds something else`)
  }
}

/** The pages of a large value, outside the tree. */
export interface Overflow {
  readonly page: number
  readonly pages: number
}

/** Where the entry of that index begins in the page. */
export function nodeAt({ bytes }: TreePage, index: number): number {
  return PAGE_HEADER_BYTES + shortAt(bytes, PAGE_HEADER_BYTES + 2 * index)
}

export const keyStart = (node: number): number => node + NODE_HEADER_BYTES
export const keyEnd = (bytes: Buffer, node: number): number =>
  node + NODE_HEADER_BYTES + shortAt(bytes, node + 6)

/** Of a branch. */
export const childOf = (bytes: Buffer, node: number): number =>
  bytes.readUInt32LE(node) + shortAt(bytes, node + 4) * 2 ** 32

/** Of a leaf, other than that of a large value. */
export const flagsOf = (bytes: Buffer, node: number): number => shortAt(bytes, node + 4) & ~BIG_VALUE

/** Of a leaf: undefined where the value stands in the page. */
export function overflowOf(bytes: Buffer, node: number, pageBytes: number): Overflow | undefined {
  if ((shortAt(bytes, node + 4) & BIG_VALUE) === 0) return undefined
  const pages = Math.floor((PAGE_HEADER_BYTES - 1 + bytes.readUInt32LE(node)) / pageBytes) + 1
  return { page: numberAt(bytes, keyEnd(bytes, node)), pages }
}

/** Of a leaf whose value stands in the page. */
export function valueOf(bytes: Buffer, node: number): Buffer {
  const start = keyEnd(bytes, node)
  return bytes.subarray(start, start + bytes.readUInt32LE(node))
}

/** More than a page where its length cannot be. */
function nodeSize(bytes: Buffer, node: number, isLeaf: boolean): number {
  const keyBytes = shortAt(bytes, node + 6)
  if (keyBytes > KEY_BYTES_MAX) return bytes.length
  if (!isLeaf) return NODE_HEADER_BYTES + keyBytes
  const isBig = (shortAt(bytes, node + 4) & BIG_VALUE) !== 0
  return NODE_HEADER_BYTES + keyBytes + (isBig ? BIG_VALUE_BYTES : bytes.readUInt32LE(node))
}

function shortAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}
