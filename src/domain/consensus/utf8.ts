/** Text the protocol can sign: no lone surrogates, which have no UTF-8, and no control characters but tab and newline. */
export function isPlainText(raw: unknown, utf8BytesMax: number): raw is string {
  if (typeof raw !== 'string' || raw.length > utf8BytesMax) return false
  let byteCount = 0
  for (const character of raw) {
    const point = character.codePointAt(0) ?? 0
    if (isSurrogate(point) || isForbiddenControl(point)) return false
    byteCount += utf8Length(point)
  }
  return byteCount <= utf8BytesMax
}

/** The domain has no TextEncoder: it compiles without the DOM and without Node. @throws RangeError on a lone surrogate. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    if (isSurrogate(point)) throw new RangeError('text with a lone surrogate has no UTF-8')
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point))
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point))
  }
  return Uint8Array.from(bytes)
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f)
}

function utf8Length(point: number): number {
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  return point < 0x10000 ? 3 : 4
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff
}

function isForbiddenControl(point: number): boolean {
  return (point < 0x20 && point !== 0x09 && point !== 0x0a) || point === 0x7f
}
