/** Where LMDB's meta pages have what, as of LMDB 0.9.90 in lmdb-js 3.5 with pages of 4 096 bytes or more. */
const PAGE_HEADER_BYTES = 24
const MAGIC = 0xbeefc0de
const VERSION = 2
const FREE_TREE_OFFSET = 24
const TREE_BYTES = 48
const UNSYNCED_FLAG = 0x1000
export const META_BYTES = PAGE_HEADER_BYTES + FREE_TREE_OFFSET + 2 * TREE_BYTES + 24

/** Enough for both meta pages of the largest page that LMDB uses by default; the third stands inside the first. */
export const META_PAGES_BYTES = 2 * 16_384
const PAGE_BYTES_MIN = 4_096

/** One B-tree. */
export interface TreeFacts {
  readonly flags: number
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  /** `NO_PAGE` where it is empty. */
  readonly root: number
}

export interface MetaFacts {
  readonly pageBytes: number
  readonly mapBytes: number
  readonly free: TreeFacts
  readonly main: TreeFacts
  readonly lastPage: number
  readonly transaction: number
  /** Of the machine; 0 where unknown. */
  readonly bootId: bigint
  /** Whether its transaction may not be on the disk yet. */
  readonly isUnsynced: boolean
}

export const NO_PAGE = Number.MAX_SAFE_INTEGER

/** What stands in one meta page; undefined where it is none. */
export function metaAt(bytes: Buffer, offset: number): MetaFacts | undefined {
  if (bytes.length < offset + META_BYTES) return undefined
  const at = offset + PAGE_HEADER_BYTES
  if (bytes.readUInt32LE(at) !== MAGIC || (bytes.readUInt32LE(at + 4) & 0xffff) !== VERSION) return undefined
  return metaFacts(bytes, offset)
}

function metaFacts(bytes: Buffer, offset: number): MetaFacts {
  const at = offset + PAGE_HEADER_BYTES
  const tail = at + FREE_TREE_OFFSET + 2 * TREE_BYTES
  const free = treeAt(bytes, at + FREE_TREE_OFFSET)
  return {
    pageBytes: bytes.readUInt32LE(at + FREE_TREE_OFFSET),
    mapBytes: numberAt(bytes, at + 16),
    free,
    main: treeAt(bytes, at + FREE_TREE_OFFSET + TREE_BYTES),
    lastPage: numberAt(bytes, tail),
    transaction: numberAt(bytes, tail + 8),
    bootId: bytes.readBigInt64LE(tail + 16),
    isUnsynced: (free.flags & UNSYNCED_FLAG) !== 0,
  }
}

export function treeAt(bytes: Buffer, at: number): TreeFacts {
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: numberAt(bytes, at + 8),
    leafPages: numberAt(bytes, at + 16),
    overflowPages: numberAt(bytes, at + 24),
    entries: numberAt(bytes, at + 32),
    root: numberAt(bytes, at + 40),
  }
}

/** Numbers that do not fit are as good as endless, and -1 is LMDB's word for no page. */
export function numberAt(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at)
  return value > BigInt(NO_PAGE) ? NO_PAGE : Number(value)
}

/** The three meta pages of a file: the two that take turns, and the one of the newest flushed transaction. */
export interface MetaPages {
  readonly turns: readonly [MetaFacts, MetaFacts]
  /** Its identity is not stored: the page has no magic number of its own. Transaction 0 where there is none yet. */
  readonly flushed: MetaFacts
}

/** Undefined where the file does not begin like one of LMDB's. */
export function readMetaPages(bytes: Buffer): MetaPages | undefined {
  const first = metaAt(bytes, 0)
  if (first === undefined || !isPageSize(first.pageBytes)) return undefined
  const second = metaAt(bytes, first.pageBytes)
  if (second === undefined || bytes.length < first.pageBytes / 2 + META_BYTES) return undefined
  return { turns: [first, second], flushed: metaFacts(bytes, first.pageBytes / 2) }
}

function isPageSize(bytes: number): boolean {
  return bytes >= PAGE_BYTES_MIN && bytes <= META_PAGES_BYTES / 2 && (bytes & (bytes - 1)) === 0
}

/** The newest transaction of a running environment. @throws Error where the file is none of LMDB's */
export function newestMeta(bytes: Buffer): MetaFacts {
  const pages = readMetaPages(bytes)
  if (pages === undefined) throw new Error('the meta pages of the store are damaged')
  const [first, second] = pages.turns
  return first.transaction >= second.transaction ? first : second
}
