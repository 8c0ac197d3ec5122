/** Thrown for bytes that are not one MessagePack value of the kinds frames are made of. */
export class MessagePackError extends Error {
  override readonly name = 'MessagePackError'
}

/** The first part of a value: all of it, or of a list or map what stands before its items. */
export interface MessagePackHead {
  readonly type: number
  /** Where a text's bytes begin. */
  readonly body: number
  /** Where the head ends: a text's bytes are part of it. */
  readonly next: number
  /** How many values follow that belong to it; of a map, keys and values both count. */
  readonly items: number
}

/** Bytes of a value of fixed length, by its type byte. */
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
  // Extensions, each with one byte that says which.
  [0xd4, 2],
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
])
/** Bytes of the length that stands before a text, bytes or an extension, by the type byte. */
const BYTES: ReadonlyMap<number, number> = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
])
const LISTS: ReadonlyMap<number, number> = new Map([
  [0xdc, 2],
  [0xdd, 4],
])
const MAPS: ReadonlyMap<number, number> = new Map([
  [0xde, 2],
  [0xdf, 4],
])

export function isExtension(type: number): boolean {
  return (type >= 0xc7 && type <= 0xc9) || (type >= 0xd4 && type <= 0xd8)
}

export function isText(type: number): boolean {
  return (type >= 0xa0 && type <= 0xbf) || (type >= 0xd9 && type <= 0xdb)
}

/** Reads no further than the head. @throws MessagePackError where it is cut off, or its type byte means nothing */
export function headAt(bytes: Buffer, start: number): MessagePackHead {
  if (start >= bytes.length) throw new MessagePackError('the value is cut off')
  const type = bytes[start] ?? 0
  const next = start + 1
  const head = { type, body: next, next, items: 0 }
  if (type <= 0x7f || type >= 0xe0) return head
  if (type <= 0x8f) return { ...head, items: 2 * (type & 0x0f) }
  if (type <= 0x9f) return { ...head, items: type & 0x0f }
  if (type <= 0xbf) return { ...head, next: skip(bytes, next, type & 0x1f) }
  const fixed = FIXED.get(type)
  if (fixed !== undefined) return { ...head, next: skip(bytes, next, fixed) }
  return sizedHead(bytes, next, type)
}

function sizedHead(bytes: Buffer, start: number, type: number): MessagePackHead {
  const sizeBytes = BYTES.get(type) ?? LISTS.get(type) ?? MAPS.get(type)
  if (sizeBytes === undefined) throw new MessagePackError(`type 0x${type.toString(16)} is not taken`)
  const body = skip(bytes, start, sizeBytes)
  const size = bytes.readUIntBE(start, sizeBytes)
  if (!BYTES.has(type)) return { type, body, next: body, items: MAPS.has(type) ? 2 * size : size }
  const kindBytes = isExtension(type) ? 1 : 0
  return { type, body, next: skip(bytes, body, size + kindBytes), items: 0 }
}

function skip(bytes: Buffer, start: number, count: number): number {
  if (start + count > bytes.length) throw new MessagePackError('the value is cut off')
  return start + count
}
