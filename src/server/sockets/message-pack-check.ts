import { isUtf8 } from 'node:buffer'
import { headAt, isExtension, isText, MessagePackError } from './message-pack-head.ts'

const ASCII_END = 0x80

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
  const { type, body, next, items } = headAt(bytes, start)
  if (isExtension(type)) throw new MessagePackError(`type 0x${type.toString(16)} is not taken`)
  if (isText(type)) refuseBrokenText(bytes, body, next)
  return isContainer(type) ? walkItems(bytes, next, items, depthLeft) : next
}

function walkItems(bytes: Buffer, start: number, count: number, depthLeft: number): number {
  if (depthLeft === 0) throw new MessagePackError('lists and maps stand too deep inside each other')
  // Every item has at least one byte, so that a claimed count cannot keep us busy.
  if (count > bytes.length - start) throw new MessagePackError('the value is cut off')
  let position = start
  for (let item = 0; item < count; item += 1) position = walk(bytes, position, depthLeft - 1)
  return position
}

/** A list or a map, empty or not. */
function isContainer(type: number): boolean {
  return (type >= 0x80 && type <= 0x9f) || (type >= 0xdc && type <= 0xdf)
}

/** A decoder would replace what is not UTF-8, and what was sent would be lost without a word. */
function refuseBrokenText(bytes: Buffer, start: number, end: number): void {
  for (let position = start; position < end; position += 1) {
    if ((bytes[position] ?? 0) < ASCII_END) continue
    if (!isUtf8(bytes.subarray(position, end))) throw new MessagePackError('a text is not UTF-8')
    return
  }
}
