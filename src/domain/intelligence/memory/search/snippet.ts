import { stemOf, tokenize } from './analyzer.ts'

/** A snippet is about this long, in UTF-16 units. */
const SNIPPET_LENGTH = 200
/** Of a longer text only the beginning is looked through. */
const TEXT_LENGTH_MAX = 65_536

export interface Snippet {
  readonly text: string
  /** Where matched words stand in the snippet, in UTF-16 units; the end is exclusive. */
  readonly matches: readonly (readonly [start: number, end: number])[]
}

/** The part of the text that holds the most different terms of the query; its beginning where it holds none. */
export function snippetOf(fullText: string, terms: readonly string[]): Snippet {
  const text = fullText.slice(0, TEXT_LENGTH_MAX)
  const found = [...tokenize(text)].flatMap(({ text: word, start, end }) => {
    const term = terms.find((wanted) => isMatch(word, wanted))
    return term === undefined ? [] : [{ term, start, end }]
  })
  const best = bestStart(found)
  const from = best === undefined ? 0 : wordStart(text, Math.max(0, best - SNIPPET_LENGTH / 4))
  const to = wordEnd(text, Math.min(text.length, from + SNIPPET_LENGTH))
  return {
    text: text.slice(from, to),
    matches: found
      .filter(({ start, end }) => start >= from && end <= to)
      .map(({ start, end }) => [start - from, end - from]),
  }
}

function isMatch(word: string, term: string): boolean {
  return term.endsWith('*') ? word.startsWith(term.slice(0, -1)) : stemOf(word) === term
}

/** Where the window begins that holds the most different terms, and of those the most words. */
function bestStart(
  found: readonly { readonly term: string; readonly start: number; readonly end: number }[],
): number | undefined {
  let best: number | undefined
  let bestScore = 0
  let last = 0
  const counts = new Map<string, number>()
  for (const [first, { term, start }] of found.entries()) {
    for (; last < found.length && (found[last]?.end ?? 0) <= start + (SNIPPET_LENGTH * 3) / 4; last += 1) {
      const name = found[last]?.term ?? ''
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    const score = counts.size * 1_000 + Math.max(0, last - first)
    if (score > bestScore) [best, bestScore] = [start, score]
    const left = (counts.get(term) ?? 1) - 1
    if (left === 0) counts.delete(term)
    else counts.set(term, left)
  }
  return best
}

/** The nearest place before or at `at` where a word begins; never inside a surrogate pair. */
function wordStart(text: string, at: number): number {
  if (at === 0) return 0
  const space = text.lastIndexOf(' ', at)
  return space >= 0 && at - space < 40 ? space + 1 : wholeCharacter(text, at)
}

function wordEnd(text: string, at: number): number {
  if (at === text.length) return at
  const space = text.indexOf(' ', at)
  return space >= 0 && space - at < 40 ? space : wholeCharacter(text, at)
}

function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at
}
