import { isUtf8 } from 'node:buffer'

/** Thrown for bytes that are not one MessagePack value of the kinds frames are made of. */
export class MessagePackError extends Error {
  override readonly name = 'MessagePackError'
}

/** Bytes of a length or a number, by the type byte. What is not here (ext, the unused 0xc1) is refused. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
])
const BYTES: ReadonlyMap<number, number> = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
])
const TEXTS: ReadonlyMap<number, number> = new Map([
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
])
const ASCII_END = 0x80
const LISTS: ReadonlyMap<number, number> = new Map([
  [0xdc, 2],
  [0xdd, 4],
])
const MAPS: ReadonlyMap<number, number> = new Map([
  [0xde, 2],
  [0xdf, 4],
])

/**
 * Walks over the bytes before anything is built from them: each length fits what is left, nothing nests too deeply
 * and nothing follows. A decoder would set memory aside for lengths that are merely claimed.
 *
 * @throws MessagePackError
 */
export function checkMessagePack(bytes: Buffer, depthMax: number): void {
  const end = walk(bytes, 0, depthMax)
  if (end !== bytes.length) throw new MessagePackError(`${bytes.length - end} bytes follow the value`)
}

/** @returns where the value that begins at `start` ends */
function walk(bytes: Buffer, start: number, depthLeft: number): number {
  if (start >= bytes.length) throw new MessagePackError('the value is cut off')
  const type = bytes[start] ?? 0
  const next = start + 1
  if (type <= 0x7f || type >= 0xe0) return next
  if (type <= 0x8f) return walkItems(bytes, next, 2 * (type & 0x0f), depthLeft)
  if (type <= 0x9f) return walkItems(bytes, next, type & 0x0f, depthLeft)
  if (type <= 0xbf) return skipText(bytes, next, type & 0x1f)
  const fixed = FIXED.get(type)
  if (fixed !== undefined) return skip(bytes, next, fixed)
  return walkSized(bytes, next, type, depthLeft)
}

function walkSized(bytes: Buffer, start: number, type: number, depthLeft: number): number {
  const sizeBytes = BYTES.get(type) ?? TEXTS.get(type) ?? LISTS.get(type) ?? MAPS.get(type)
  if (sizeBytes === undefined) throw new MessagePackError(`type 0x${type.toString(16)} is not taken`)
  const next = skip(bytes, start, sizeBytes)
  const size = bytes.readUIntBE(start, sizeBytes)
  if (BYTES.has(type)) return skip(bytes, next, size)
  if (TEXTS.has(type)) return skipText(bytes, next, size)
  return walkItems(bytes, next, MAPS.has(type) ? 2 * size : size, depthLeft)
}

function walkItems(bytes: Buffer, start: number, count: number, depthLeft: number): number {
  if (depthLeft === 0) throw new MessagePackError('lists and maps stand too deep inside each other')
  // Every item has at least one byte, so that a claimed count cannot keep us busy.
  if (count > bytes.length - start) throw new MessagePackError('the value is cut off')
  let position = start
  for (let item = 0; item < count; item += 1) position = walk(bytes, position, depthLeft - 1)
  return position
}

/** A decoder would replace what is not UTF-8, and what was sent would be lost without a word. */
function skipText(bytes: Buffer, start: number, count: number): number {
  const end = skip(bytes, start, count)
  for (let position = start; position < end; position += 1) {
    if ((bytes[position] ?? 0) < ASCII_END) continue
    if (!isUtf8(bytes.subarray(position, end))) throw new MessagePackError('a text is not UTF-8')
    break
  }
  return end
}

function skip(bytes: Buffer, start: number, count: number): number {
  if (start + count > bytes.length) throw new MessagePackError('the value is cut off')
  return start + count
}
