import { OPAQUE, type OpaqueShape } from './opaque-shape.ts'

/** The texts of opaque values, where they stand in the document. */
export type OpaqueTexts = string | Map<string, OpaqueTexts> | readonly (OpaqueTexts | undefined)[]

export interface OpaqueScan {
  /** Undefined where there are none. */
  readonly texts: OpaqueTexts | undefined
  /**
   * Arrays and objects stand inside each other more than `depthMax` deep, in an opaque value or in the document around
   * it. The texts are then incomplete.
   */
  readonly isTooDeep: boolean
}

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE_MAX = 0x20

/**
 * Finds opaque values in JSON text in one pass, before anything is built from it. Of a repeated member the last counts,
 * as it does for `JSON.parse`. Of text that is not JSON the result means nothing.
 */
export function scanOpaque(text: string, shape: OpaqueShape | undefined, depthMax: number): OpaqueScan {
  const scanner = new Scanner(text, depthMax)
  const texts = scanner.value(shape, depthMax)
  return { texts, isTooDeep: scanner.isTooDeep }
}

class Scanner {
  readonly #text: string
  readonly #depthMax: number
  #position = 0
  isTooDeep = false

  constructor(text: string, depthMax: number) {
    this.#text = text
    this.#depthMax = depthMax
  }

  value(shape: OpaqueShape | undefined, depthLeft: number): OpaqueTexts | undefined {
    this.#skipSpace()
    const start = this.#position
    if (shape === OPAQUE) {
      this.#skipValue(this.#depthMax)
      return this.#text.slice(start, this.#position)
    }
    const first = this.#text.charCodeAt(start)
    if (shape !== undefined && 'members' in shape && first === OPEN_BRACE)
      return this.#object(shape.members, depthLeft - 1)
    if (shape !== undefined && 'items' in shape && first === OPEN_BRACKET)
      return this.#array(shape.items, depthLeft - 1)
    this.#skipValue(depthLeft)
    return undefined
  }

  #object(members: ReadonlyMap<string, OpaqueShape>, depthLeft: number): OpaqueTexts {
    const found = new Map<string, OpaqueTexts>()
    while (this.#nextItem()) {
      if (this.#text.charCodeAt(this.#position) !== QUOTE) break
      const name = this.#name()
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#position) !== COLON) break
      this.#position += 1
      const shape = members.get(name)
      const texts = this.value(shape, depthLeft)
      if (texts !== undefined) found.set(name, texts)
      else if (shape !== undefined) found.delete(name)
    }
    return found
  }

  #array(items: OpaqueShape, depthLeft: number): OpaqueTexts {
    const found: (OpaqueTexts | undefined)[] = []
    while (this.#nextItem()) {
      const before = this.#position
      found.push(this.value(items, depthLeft))
      if (this.#position === before) break
    }
    return found
  }

  /** Moves from an opening bracket, or from the end of an item, to the next item. @returns false at the end of the list */
  #nextItem(): boolean {
    this.#skipSpace()
    const code = this.#text.charCodeAt(this.#position)
    const isEnd = code === CLOSE_BRACE || code === CLOSE_BRACKET
    this.#position += 1
    if (isEnd || this.isTooDeep || this.#position >= this.#text.length) return false
    this.#skipSpace()
    const next = this.#text.charCodeAt(this.#position)
    if (next !== CLOSE_BRACE && next !== CLOSE_BRACKET) return true
    this.#position += 1
    return false
  }

  #name(): string {
    const start = this.#position
    const end = endOfString(this.#text, start)
    this.#position = end + 1
    const name = this.#text.slice(start + 1, end)
    return name.includes('\\') ? unescaped(name) : name
  }

  #skipSpace(): void {
    while (this.#text.charCodeAt(this.#position) <= SPACE_MAX) this.#position += 1
  }

  /** Moves behind the value that begins here. */
  #skipValue(depthMax: number): void {
    const text = this.#text
    let depth = 0
    let index = this.#position
    for (; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code === QUOTE) {
        index = endOfString(text, index)
        if (depth === 0) break
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        depth += 1
        if (depth > depthMax) {
          this.isTooDeep = true
          break
        }
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        depth -= 1
        // The first is the end of this value, the second of what a number or a word stands in.
        if (depth === 0) break
        if (depth < 0) {
          index -= 1
          break
        }
      } else if (depth === 0 && (code === COMMA || code <= SPACE_MAX)) {
        index -= 1
        break
      }
    }
    this.#position = Math.min(index + 1, text.length)
  }
}

/** The index of the quote that ends the string which begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return end
  }
  return text.length
}

/** As the parser reads the name; a name that is no JSON string stays as it is, and the parser refuses it. */
function unescaped(name: string): string {
  try {
    return JSON.parse(`"${name}"`) as string
  } catch {
    return name
  }
}
