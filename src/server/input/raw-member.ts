import { endOfString } from './json-depth.ts'

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c

/**
 * The text of a member's value as it stands in an object's text, which must have been parsed without error. Undefined
 * where there is no such member, or its name is written with escapes.
 */
export function rawMember(object: string, name: string): string | undefined {
  let depth = 0
  let start = -1
  let value: string | undefined
  for (let index = 0; index < object.length; index += 1) {
    const code = object.charCodeAt(index)
    if (code === QUOTE) {
      const end = endOfString(object, index)
      const isName = depth === 1 && start === -1 && object.startsWith(name, index + 1)
      if (isName && end === index + 1 + name.length) {
        const colon = skipSpace(object, end + 1)
        if (object.charCodeAt(colon) === COLON) start = colon + 1
      }
      index = Math.max(end, start - 1)
    } else if (isOpening(code)) {
      depth += 1
    } else if (isClosing(code) || code === COMMA) {
      if (depth === 1 && start !== -1) {
        // The last of several counts, as it does for the parser.
        value = object.slice(start, index).trim()
        start = -1
      }
      if (code !== COMMA) depth -= 1
    }
  }
  return value
}

function skipSpace(text: string, from: number): number {
  let index = from
  while (text.charCodeAt(index) <= 0x20) index += 1
  return index
}

function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b
}

function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d
}
