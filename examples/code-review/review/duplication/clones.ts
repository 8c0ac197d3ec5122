import type { IndexedFile, TokenIndex, TokenPlace } from './token-index.ts'
import { GUARANTEED_TOKENS, NOISE_TOKENS } from './winnowing.ts'

/** The same run of tokens in two places; `other` comes first in path order, or higher up in the same file. */
export interface Clone {
  readonly at: number
  readonly length: number
  readonly other: TokenPlace
}

const LINES_MIN = 6

/**
 * The longest repetitions of earlier code in one file, in the order of the file, cut to whole lines.
 * Regions that several clones cover are told once, by the longest of them.
 */
export function findClones(file: IndexedFile, { places }: TokenIndex): readonly Clone[] {
  const clones: Clone[] = []
  const coveredTo = new Map<string, number>()
  for (const { hash, at } of file.fingerprints) {
    for (const other of places.get(hash) ?? []) {
      if (!isEarlier(other, file, at)) continue
      // On one diagonal (same file, same distance) a clone already extended past here would be found again.
      const diagonal = `${other.file.path}\0${other.at - at}`
      if (at < (coveredTo.get(diagonal) ?? 0) || !isSameGram(file, at, other)) continue
      const clone = extend(file, at, other)
      coveredTo.set(diagonal, clone.at + clone.length)
      const whole = cutToLines(file, clone)
      if (whole) clones.push(whole)
    }
  }
  return withoutOverlaps(clones)
}

export function linesOf(
  file: IndexedFile,
  at: number,
  length: number,
): readonly [first: number, last: number] {
  return [file.lines[at] ?? 1, file.lastLines[at + length - 1] ?? 1]
}

function isEarlier(other: TokenPlace, file: IndexedFile, at: number): boolean {
  if (other.file === file) return other.at + NOISE_TOKENS <= at
  return other.file.path < file.path
}

/** Equal hashes are a hint, equal tokens are the proof. */
function isSameGram(file: IndexedFile, at: number, other: TokenPlace): boolean {
  for (let step = 0; step < NOISE_TOKENS; step++) {
    if (file.ids[at + step] !== other.file.ids[other.at + step]) return false
  }
  return true
}

function extend(file: IndexedFile, at: number, other: TokenPlace): Clone {
  const { ids: otherIds } = other.file
  // Within one file the two copies may touch but not overlap.
  const lengthMax = other.file === file ? at - other.at : Number.POSITIVE_INFINITY
  let start = 0
  while (start < at && start < other.at && file.ids[at - start - 1] === otherIds[other.at - start - 1]) {
    if (start + NOISE_TOKENS >= lengthMax) break
    start++
  }
  let end = NOISE_TOKENS
  while (
    start + end < lengthMax &&
    at + end < file.ids.length &&
    file.ids[at + end] === otherIds[other.at + end]
  )
    end++
  return { at: at - start, length: start + end, other: { file: other.file, at: other.at - start } }
}

/** Undefined when too little is left: what is reported has to be repeated line by line. */
function cutToLines(file: IndexedFile, { at, length, other }: Clone): Clone | undefined {
  let start = at
  while (start < at + length && start > 0 && file.lastLines[start - 1] === file.lines[start]) start++
  let end = at + length
  while (end > start && end < file.lines.length && file.lastLines[end - 1] === file.lines[end]) end--
  const cut = { at: start, length: end - start, other: { file: other.file, at: other.at + start - at } }
  if (cut.length < GUARANTEED_TOKENS) return undefined
  const isTall = (place: IndexedFile, from: number) => {
    const [first, last] = linesOf(place, from, cut.length)
    return last - first + 1 >= LINES_MIN
  }
  return isTall(file, cut.at) && isTall(other.file, cut.other.at) ? cut : undefined
}

function withoutOverlaps(clones: readonly Clone[]): readonly Clone[] {
  const kept: Clone[] = []
  for (const clone of clones.toSorted((a, b) => b.length - a.length || a.at - b.at)) {
    const overlaps = kept.some(({ at, length }) => clone.at < at + length && at < clone.at + clone.length)
    if (!overlaps) kept.push(clone)
  }
  return kept.toSorted((a, b) => a.at - b.at)
}
