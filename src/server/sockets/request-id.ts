import type { RequestId } from '#contract/frames/frame.ts'
import { scanOpaque } from '#contract/json/opaque-scan.ts'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'
import { headAt, isText } from './message-pack-head.ts'

const REQUEST_ID: OpaqueShape = { members: new Map([['requestId', OPAQUE]]) }

/**
 * The `requestId` of a frame that may have been refused before it was decoded, so that its refusal can name it.
 * Undefined where the frame has none, or one that no answer can carry.
 *
 * It never throws, and its work is bounded by the length of the frame.
 *
 * @param data the bytes the frame came as
 */
export function requestIdOf(data: Buffer, isBinary: boolean): RequestId | undefined {
  try {
    return answerable(isBinary ? inMessagePack(data) : inJson(data.toString()))
  } catch {
    return undefined
  }
}

function answerable(found: unknown): RequestId | undefined {
  if (typeof found === 'string') return found.length >= 1 && found.length <= 64 ? found : undefined
  return Number.isSafeInteger(found) && (found as number) >= 0 ? (found as number) : undefined
}

function inJson(text: string): unknown {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    // What is left of a frame that is not JSON may still say whose it is.
    const { texts } = scanOpaque(text, REQUEST_ID, Number.POSITIVE_INFINITY)
    const found = texts instanceof Map ? texts.get('requestId') : undefined
    return typeof found === 'string' ? (JSON.parse(found) as unknown) : undefined
  }
  // An own member: a frame that is a text or a list has none.
  return Object.getOwnPropertyDescriptor(Object(frame), 'requestId')?.value
}

/** Looks at the members of the outermost map, over values of any depth and any type. */
function inMessagePack(bytes: Buffer): unknown {
  const frame = headAt(bytes, 0)
  const isMap = (frame.type & 0xf0) === 0x80 || frame.type === 0xde || frame.type === 0xdf
  if (!isMap) return undefined
  let position = frame.next
  for (let member = 0; member < frame.items / 2; member += 1) {
    const name = scalarAt(bytes, position)
    const start = endOf(bytes, position)
    if (name === 'requestId') return scalarAt(bytes, start)
    position = endOf(bytes, start)
  }
  return undefined
}

/** Without recursion: what was refused may be as deep as the frame is long. */
function endOf(bytes: Buffer, start: number): number {
  let position = start
  for (let due = 1; due > 0; due -= 1) {
    const { next, items } = headAt(bytes, position)
    position = next
    due += items
  }
  return position
}

/** A text or a number; undefined for anything else. */
function scalarAt(bytes: Buffer, start: number): unknown {
  const { type, body, next } = headAt(bytes, start)
  const from = start + 1
  if (type <= 0x7f) return type
  if (isText(type)) return bytes.toString('utf8', body, next)
  switch (type) {
    case 0xca:
      return bytes.readFloatBE(from)
    case 0xcb:
      return bytes.readDoubleBE(from)
    case 0xcc:
    case 0xcd:
    case 0xce:
      return bytes.readUIntBE(from, next - from)
    case 0xcf:
      return Number(bytes.readBigUInt64BE(from))
    case 0xd0:
    case 0xd1:
    case 0xd2:
      return bytes.readIntBE(from, next - from)
    case 0xd3:
      return Number(bytes.readBigInt64BE(from))
    default:
      return undefined
  }
}
