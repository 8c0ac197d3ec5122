import type { Comment } from 'oxc-parser'
import { LineIndex } from './lines.ts'

/** Counts the lines that hold code, neither blank nor only a comment, between any two lines of one file. */
export class CodeLines {
  /** At n: how many of the first n lines hold code. */
  readonly #before: number[] = [0]
  readonly #index: LineIndex

  constructor(text: string, comments: readonly Comment[]) {
    this.#index = new LineIndex(text)
    let count = 0
    for (const line of blankComments(text, comments).split('\n')) {
      if (line.trim() !== '') count++
      this.#before.push(count)
    }
  }

  lineAt(offset: number): number {
    return this.#index.lineAt(offset)
  }

  /** Both lines included. */
  countBetween(firstLine: number, lastLine: number): number {
    return (this.#before[lastLine] ?? 0) - (this.#before[firstLine - 1] ?? 0)
  }
}

function blankComments(text: string, comments: readonly Comment[]): string {
  const parts: string[] = []
  let end = 0
  for (const comment of comments) {
    parts.push(text.slice(end, comment.start), text.slice(comment.start, comment.end).replace(/[^\n]/g, ' '))
    end = comment.end
  }
  parts.push(text.slice(end))
  return parts.join('')
}
