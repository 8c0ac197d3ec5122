import { extname } from 'node:path/posix'
import jsTokens from 'js-tokens'

/** A text as the tokens of its language: layout and comments are gone. */
export interface TokenStream {
  /** Equal numbers are equal tokens, across all files that share one {@link Vocabulary}. */
  readonly ids: Int32Array
  /** Line on which each token begins, counted from 1. */
  readonly lines: Int32Array
  /** Line on which each token ends: templates go over many. */
  readonly lastLines: Int32Array
}

/** Numbers the distinct tokens of a tree. */
export class Vocabulary {
  readonly #ids = new Map<string, number>()

  idOf(token: string): number {
    const known = this.#ids.get(token)
    if (known !== undefined) return known
    const fresh = this.#ids.size + 1
    this.#ids.set(token, fresh)
    return fresh
  }
}

const LAYOUT = new Set([
  'WhiteSpace',
  'LineTerminatorSequence',
  'MultiLineComment',
  'SingleLineComment',
  'HashbangComment',
])
const JSX_EXTENSIONS = new Set(['.js', '.jsx', '.tsx'])

/** `isLeftOut` drops tokens by their offset: some code repeats everywhere and says nothing. */
export function tokenize(
  path: string,
  text: string,
  words: Vocabulary,
  isLeftOut: (offset: number) => boolean,
): TokenStream {
  const ids: number[] = []
  const lines: number[] = []
  const lastLines: number[] = []
  let line = 1
  let offset = 0
  const tokens = JSX_EXTENSIONS.has(extname(path)) ? jsTokens(text, { jsx: true }) : jsTokens(text)
  for (const { type, value } of tokens) {
    const lastLine = line + countLineBreaks(value)
    if (!LAYOUT.has(type) && value.trim() !== '' && !isLeftOut(offset)) {
      ids.push(words.idOf(value))
      lines.push(line)
      lastLines.push(lastLine)
    }
    line = lastLine
    offset += value.length
  }
  return { ids: Int32Array.from(ids), lines: Int32Array.from(lines), lastLines: Int32Array.from(lastLines) }
}

function countLineBreaks(value: string): number {
  let count = 0
  for (let at = value.indexOf('\n'); at !== -1; at = value.indexOf('\n', at + 1)) count++
  return count
}
