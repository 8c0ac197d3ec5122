import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { StoreDamagedError } from '../store-refused-error.ts'
import { META_PAGES_BYTES, type MetaFacts, type MetaPages, readMetaPages } from './lmdb-meta.ts'
import { PageReader } from './page-reader.ts'
import { checkFreeTree, checkMainTree } from './system-trees.ts'
import { TreeCheck } from './tree-check.ts'

/** The tables that every store has; see `lmdb-tables.ts`. */
const TABLES = ['records', 'open', 'events', 'meta'] as const
/** LMDB may have given out pages at the end that were never written. */
const UNWRITTEN_BYTES_MAX = 64 * 1_024 * 1_024

export interface StoreCheck {
  readonly pageCount: number
  /** Of the newest transaction. */
  readonly transaction: number
  /** False where the database is larger than what was to be checked. */
  readonly isComplete: boolean
}

/**
 * Checks that the database file is as LMDB leaves it, before LMDB maps it into memory: a page that is not there or points
 * anywhere would end the process by SIGBUS or SIGSEGV. Meta pages, every page of every tree, every key's place, and that
 * no page has two owners. Not the content of values: those carry checksums and are checked when they are read.
 *
 * @throws StoreDamagedError with the first thing found
 */
export function checkStore(path: string, checkedBytesMax = Number.POSITIVE_INFINITY): StoreCheck {
  const meta = metaToOpen(readMeta(path))
  const { pageBytes, lastPage, transaction } = meta
  const fileBytes = statSync(path).size
  if ((lastPage + 1) * pageBytes > fileBytes + UNWRITTEN_BYTES_MAX)
    throw new StoreDamagedError(
      `the file has ${fileBytes} bytes, and its pages need ${(lastPage + 1) * pageBytes}`,
    )
  const check = { pageCount: lastPage + 1, transaction }
  if ((lastPage + 1) * pageBytes > checkedBytesMax) return { ...check, isComplete: false }
  const reader = new PageReader(path, { pageBytes, lastPage, transaction })
  try {
    const tables = checkMainTree(reader, meta.main)
    for (const name of TABLES) {
      const facts = tables.get(name)
      if (facts === undefined) throw new StoreDamagedError(`its table ${name} is not there`)
      new TreeCheck(reader, { name, facts }).run()
    }
    checkFreeTree(reader, meta.free)
  } finally {
    reader.close()
  }
  return { ...check, isComplete: true }
}

function readMeta(path: string): MetaPages {
  const bytes = Buffer.alloc(META_PAGES_BYTES)
  const descriptor = openSync(path, 'r')
  try {
    const length = readSync(descriptor, bytes, 0, bytes.length, 0)
    const pages = readMetaPages(bytes.subarray(0, length))
    if (pages === undefined) throw new StoreDamagedError('its meta pages are not those of a store')
    return pages
  } finally {
    closeSync(descriptor)
  }
}

/** The transaction that LMDB will open. @throws StoreDamagedError where the meta pages contradict each other */
function metaToOpen({ turns, flushed }: MetaPages): MetaFacts {
  const [first, second] = turns
  const newest = first.transaction >= second.transaction ? first : second
  const isInTurn = turns.every(({ transaction }, index) => transaction === 0 || transaction % 2 === index)
  const areNeighbours = Math.abs(first.transaction - second.transaction) <= 1
  const isBehind = flushed.transaction <= newest.transaction
  if (!isInTurn || !areNeighbours || !isBehind || first.pageBytes !== second.pageBytes)
    throw new StoreDamagedError('its meta pages contradict each other')
  for (const meta of turns) {
    if (meta.transaction === flushed.transaction && flushed.transaction > 0 && !isSame(meta, flushed))
      throw new StoreDamagedError('its meta pages contradict each other')
  }
  // After the machine was down LMDB trusts flushed transactions alone.
  const isTrusted = !newest.isUnsynced || newest.bootId === bootIdOfMachine()
  if (isTrusted) return newest
  if (flushed.transaction === 0) throw new StoreDamagedError('no transaction of it was ever flushed')
  return { ...flushed, pageBytes: first.pageBytes }
}

function isSame(a: MetaFacts, b: MetaFacts): boolean {
  return (
    a.lastPage === b.lastPage &&
    (['free', 'main'] as const).every(
      (tree) => a[tree].root === b[tree].root && a[tree].entries === b[tree].entries,
    )
  )
}

/** As LMDB reads it: the digits up to the first hyphen. */
function bootIdOfMachine(): bigint {
  try {
    const [digits = ''] = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('-')
    return BigInt(`0x${digits}`)
  } catch {
    return 0n
  }
}
