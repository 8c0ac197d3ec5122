import { StoreDamagedError } from '../store-refused-error.ts'
import { NO_PAGE, type TreeFacts } from './lmdb-meta.ts'
import {
  childOf,
  keyEnd,
  keyStart,
  nodeAt,
  overflowOf,
  type PageReader,
  type TreePage,
} from './page-reader.ts'

const DEPTH_MAX = 32

export interface TreeCheckOptions {
  /** How the error calls it. */
  readonly name: string
  readonly facts: TreeFacts
  /** Keys that are numbers of eight bytes; else they are compared byte by byte. */
  readonly hasNumberKeys?: boolean
  /** Called for each entry of the leaves, in order. */
  readonly onEntry?: (bytes: Buffer, node: number) => void
}

/** A key in its page. */
interface Key {
  readonly bytes: Buffer
  readonly node: number
}

/** A walk over a whole tree, which ends at the first thing that LMDB could not have written. */
export class TreeCheck {
  readonly #reader: PageReader
  readonly #options: TreeCheckOptions
  /** One page for each level of the tree. */
  readonly #pages: Buffer[] = []
  readonly #counts = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 }

  constructor(reader: PageReader, options: TreeCheckOptions) {
    this.#reader = reader
    this.#options = options
  }

  /** @throws StoreDamagedError */
  run(): void {
    const { name, facts } = this.#options
    const { root, depth } = facts
    if (root !== NO_PAGE) {
      if (depth < 1 || depth > DEPTH_MAX)
        throw new StoreDamagedError(`the depth of its tree ${name} cannot be`)
      for (let level = 0; level < depth; level += 1) this.#pages.push(Buffer.alloc(this.#reader.pageBytes))
      this.#walk(root, depth, undefined, undefined)
    }
    for (const [what, word] of Object.entries(WORDS) as [keyof typeof WORDS, string][]) {
      if (this.#counts[what] !== facts[what])
        throw new StoreDamagedError(`its tree ${name} has ${this.#counts[what]} ${word}, not ${facts[what]}`)
    }
  }

  /** Its keys are not below `least` and all below `limit`. */
  #walk(page: number, depth: number, least: Key | undefined, limit: Key | undefined): void {
    const isLeaf = depth === 1
    const room = this.#pages[depth - 1] ?? Buffer.alloc(this.#reader.pageBytes)
    const found = this.#reader.treePage(page, isLeaf, room)
    this.#checkOrder(page, found, isLeaf, least, limit)
    if (isLeaf) this.#visit(found)
    else this.#descend(found, depth, least, limit)
  }

  #checkOrder(
    page: number,
    found: TreePage,
    isLeaf: boolean,
    least: Key | undefined,
    limit: Key | undefined,
  ) {
    const { bytes, count } = found
    // The first key of a branch stands for everything that is smaller.
    const first = isLeaf ? 0 : 1
    for (let index = first; index < count; index += 1) {
      const key = { bytes, node: nodeAt(found, index) }
      const isInOrder =
        index === first
          ? least === undefined || this.#compare(key, least) >= 0
          : this.#compare(key, { bytes, node: nodeAt(found, index - 1) }) > 0
      if (!isInOrder) throw new StoreDamagedError(`the keys of page ${page} are not in order`)
    }
    if (limit === undefined || count <= first) return
    if (this.#compare({ bytes, node: nodeAt(found, count - 1) }, limit) >= 0)
      throw new StoreDamagedError(`the keys of page ${page} are not in order`)
  }

  #descend(found: TreePage, depth: number, least: Key | undefined, limit: Key | undefined): void {
    const { bytes, count } = found
    this.#counts.branchPages += 1
    for (let index = 0; index < count; index += 1) {
      const node = nodeAt(found, index)
      const from = index === 0 ? least : { bytes, node }
      const to = index + 1 < count ? { bytes, node: nodeAt(found, index + 1) } : limit
      this.#walk(childOf(bytes, node), depth - 1, from, to)
    }
  }

  #visit(found: TreePage): void {
    const { bytes, count } = found
    const { onEntry } = this.#options
    this.#counts.leafPages += 1
    this.#counts.entries += count
    for (let index = 0; index < count; index += 1) {
      const node = nodeAt(found, index)
      const overflow = overflowOf(bytes, node, this.#reader.pageBytes)
      if (overflow !== undefined) {
        this.#reader.claimOverflow(overflow)
        this.#counts.overflowPages += overflow.pages
      }
      onEntry?.(bytes, node)
    }
  }

  #compare(a: Key, b: Key): number {
    const aStart = keyStart(a.node)
    const bStart = keyStart(b.node)
    if (this.#options.hasNumberKeys === true) {
      const difference = a.bytes.readBigUInt64LE(aStart) - b.bytes.readBigUInt64LE(bStart)
      return difference < 0n ? -1 : Number(difference > 0n)
    }
    const aBytes = keyEnd(a.bytes, a.node) - aStart
    const bBytes = keyEnd(b.bytes, b.node) - bStart
    const shared = Math.min(aBytes, bBytes)
    for (let place = 0; place < shared; place += 1) {
      const difference = (a.bytes[aStart + place] ?? 0) - (b.bytes[bStart + place] ?? 0)
      if (difference !== 0) return difference
    }
    return aBytes - bBytes
  }
}

const WORDS = {
  branchPages: 'branch pages',
  leafPages: 'leaf pages',
  overflowPages: 'overflow pages',
  entries: 'entries',
} as const
