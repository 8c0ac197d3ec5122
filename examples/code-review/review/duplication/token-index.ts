import type { Statement } from 'oxc-parser'
import { isDeclaration, isGenerated, isScript } from '../path-class.ts'
import { parseSource } from '../source/parse.ts'
import { breathe, oncePerTree, type SourceTree } from '../tree.ts'
import { type TokenStream, tokenize, Vocabulary } from './tokens.ts'
import { type Fingerprint, winnow } from './winnowing.ts'

export interface IndexedFile extends TokenStream {
  readonly path: string
  readonly fingerprints: readonly Fingerprint[]
}

export interface TokenPlace {
  readonly file: IndexedFile
  readonly at: number
}

export interface TokenIndex {
  readonly files: ReadonlyMap<string, IndexedFile>
  /** By fingerprint, in path order. */
  readonly places: ReadonlyMap<number, readonly TokenPlace[]>
}

/** About 100 MB of index; files beyond it, in path order, are not compared. */
const TOKENS_MAX = 4_000_000
/** A fingerprint seen more often is boilerplate of the tree. */
const PLACES_PER_HASH_MAX = 24

export const tokenIndexOf = oncePerTree(buildTokenIndex)

async function buildTokenIndex(tree: SourceTree): Promise<TokenIndex> {
  const words = new Vocabulary()
  const files = new Map<string, IndexedFile>()
  const places = new Map<number, TokenPlace[]>()
  let tokenCount = 0
  for (const path of tree.paths) {
    if (tokenCount >= TOKENS_MAX || !isScript(path) || isDeclaration(path)) continue
    const text = await tree.readText(path)
    const file = text === undefined ? undefined : indexFile(path, text, words)
    if (!file) continue
    files.set(path, file)
    tokenCount += file.ids.length
    for (const { hash, at } of file.fingerprints) {
      const known = places.get(hash)
      if (!known) places.set(hash, [{ file, at }])
      else if (known.length < PLACES_PER_HASH_MAX) known.push({ file, at })
    }
    await breathe()
  }
  return { files, places }
}

function indexFile(path: string, text: string, words: Vocabulary): IndexedFile | undefined {
  if (isGenerated(path, text)) return undefined
  const outcome = parseSource(path, text)
  // Tokens of text that is no program mean nothing.
  if (outcome.type !== 'parsed') return undefined
  const boilerplate = [
    ...outcome.source.module.staticImports,
    ...outcome.source.program.body.filter(isCompilerHelper),
  ]
  const boilerplateEnd = Math.max(0, ...boilerplate.map(({ end }) => end))
  const isLeftOut = (offset: number) =>
    offset < boilerplateEnd && boilerplate.some(({ start, end }) => start <= offset && offset < end)
  const stream = tokenize(path, text, words, isLeftOut)
  return { path, ...stream, fingerprints: winnow(stream.ids) }
}

/** `var __importStar = …`: TypeScript and esbuild copy such helpers into every file they write. */
function isCompilerHelper(statement: Statement): boolean {
  if (statement.type !== 'VariableDeclaration') return false
  return statement.declarations.every(({ id }) => id.type === 'Identifier' && id.name.startsWith('__'))
}
