/** A half of a surrogate pair without the other: it has no UTF-8. */
const LONE_SURROGATE = /\p{Cs}/u
const LONE_SURROGATES = /\p{Cs}/gu
const REPLACEMENT = '\ufffd'

/** Whether the text has UTF-8: it holds no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

/**
 * The beginning of a text that somebody else wrote, as it can be sent: at most `lengthMax` UTF-16 units, with no
 * character cut in half, and U+FFFD for what has no UTF-8.
 */
export function cutText(text: string, lengthMax: number): string {
  const isCutInPair = text.length > lengthMax && isHigh(text, lengthMax - 1) && isLow(text, lengthMax)
  const beginning = text.slice(0, isCutInPair ? lengthMax - 1 : lengthMax)
  return isWellFormed(beginning) ? beginning : beginning.replaceAll(LONE_SURROGATES, REPLACEMENT)
}

/** As {@link cutText}, for a limit in bytes of UTF-8. */
export function cutUtf8(text: string, bytesMax: number): string {
  let byteCount = 0
  let length = 0
  for (const character of cutText(text, bytesMax)) {
    byteCount += utf8Length(character.codePointAt(0) ?? 0)
    if (byteCount > bytesMax) break
    length += character.length
  }
  return cutText(text, length)
}

/** Characters as JSON Schema counts them for `maxLength`: code points, not UTF-16 units. */
export function isAtMostLong(text: string, lengthMax: number): boolean {
  if (text.length <= lengthMax) return true
  if (text.length > 2 * lengthMax) return false
  return Array.from(text).length <= lengthMax
}

function isHigh(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xdc00 && unit <= 0xdfff
}

function utf8Length(point: number): number {
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  return point < 0x10000 ? 3 : 4
}
