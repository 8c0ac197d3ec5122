import { stemmer } from 'stemmer'

const WORDS = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu
/** Scripts without spaces between words: their texts are indexed by pairs of characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const ENGLISH = /^[a-z]{3,}$/
/** A longer run of letters is no word; its beginning stands for it. */
const TOKEN_LENGTH_MAX = 64

export interface Token {
  /** As it is compared: compatibility forms unified, lower case, without a possessive ending. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The words of a text in order, each before stemming. */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORDS)) {
    const word = match[0]
    if (UNSPACED.test(word)) {
      yield* pairs(word, match.index)
      continue
    }
    yield { text: normalForm(word), start: match.index, end: match.index + word.length }
  }
}

/** Words that differ only in their English ending have one stem. */
export function stemOf(token: string): string {
  return ENGLISH.test(token) ? stemmer(token) : token
}

function* pairs(word: string, start: number): Generator<Token> {
  const characters = Array.from(word)
  if (characters.length === 1) yield { text: word, start, end: start + word.length }
  let at = start
  for (let index = 0; index + 1 < characters.length; index += 1) {
    const pair = `${characters[index]}${characters[index + 1]}`
    yield { text: pair, start: at, end: at + pair.length }
    at += (characters[index] ?? '').length
  }
}

function normalForm(word: string): string {
  const lower = word.toLowerCase()
  // Most words are ASCII, where normalisation and the second test have nothing to do.
  const unified = /^[a-z0-9]*$/.test(lower) ? lower : lower.normalize('NFKC').replace(/['’]s?$|['’]/g, '')
  return unified.length > TOKEN_LENGTH_MAX ? unified.slice(0, TOKEN_LENGTH_MAX) : unified
}
