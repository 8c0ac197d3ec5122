import { StoreDamagedError } from '../store-refused-error.ts'
import { numberAt, type TreeFacts, treeAt } from './lmdb-meta.ts'
import { flagsOf, keyEnd, keyStart, overflowOf, type PageReader, valueOf } from './page-reader.ts'
import { TreeCheck } from './tree-check.ts'

/** The two trees that LMDB keeps for itself. */

const SUB_TREE = 2
const TREE_BYTES = 48
const WORD_BYTES = 8

/** The trees that the main tree names. @throws StoreDamagedError */
export function checkMainTree(reader: PageReader, facts: TreeFacts): ReadonlyMap<string, TreeFacts> {
  const trees = new Map<string, TreeFacts>()
  const onEntry = (bytes: Buffer, node: number): void => {
    const isTree =
      flagsOf(bytes, node) === SUB_TREE && overflowOf(bytes, node, reader.pageBytes) === undefined
    const value = isTree ? valueOf(bytes, node) : undefined
    if (value?.length !== TREE_BYTES) throw new StoreDamagedError('an entry of its main tree is no table')
    const name = bytes.toString('latin1', keyStart(node), keyEnd(bytes, node)).replace(/\0+$/, '')
    trees.set(name, treeAt(value, 0))
  }
  new TreeCheck(reader, { name: 'main', facts, onEntry }).run()
  return trees
}

/**
 * Free pages belong to nobody else. An entry is a list: its length, then page numbers; a negative number is the length
 * of a run that begins at the page behind it, and 0 is an empty place.
 *
 * @throws StoreDamagedError
 */
export function checkFreeTree(reader: PageReader, facts: TreeFacts): void {
  const lists: Buffer[] = []
  const onEntry = (bytes: Buffer, node: number): void => {
    if (keyEnd(bytes, node) - keyStart(node) !== WORD_BYTES)
      throw new StoreDamagedError('a key of its list of free pages is damaged')
    const overflow = overflowOf(bytes, node, reader.pageBytes)
    lists.push(overflow === undefined ? Buffer.from(valueOf(bytes, node)) : reader.overflowValue(overflow))
  }
  new TreeCheck(reader, { name: 'of free pages', facts, hasNumberKeys: true, onEntry }).run()
  for (const list of lists) claimAll(reader, list)
}

function claimAll(reader: PageReader, list: Buffer): void {
  const length = list.length < WORD_BYTES ? 0 : numberAt(list, 0)
  if (list.length < WORD_BYTES * (length + 1))
    throw new StoreDamagedError('its list of free pages is cut short')
  for (let at = WORD_BYTES; at <= WORD_BYTES * length; at += WORD_BYTES) {
    const word = list.readBigInt64LE(at)
    if (word > 0n) reader.claim(Number(word), 1)
    if (word >= 0n) continue
    at += WORD_BYTES
    if (at > WORD_BYTES * length) throw new StoreDamagedError('its list of free pages is cut short')
    reader.claim(numberAt(list, at), Number(-word))
  }
}
