import { Packr, Unpackr } from 'msgpackr'
import type { Subprotocol } from '#contract/frames/frame.ts'
import { LIMITS } from '#contract/limits.ts'
import { type JsonText, jsonText } from '#domain/ids.ts'
import { checkedPayloadText, parseJson, payloadText, withinLimit } from '../input/json-text.ts'
import { rawMember } from '../input/raw-member.ts'
import { RequestError } from '../problem/request-error.ts'
import { checkMessagePack, MessagePackError } from './message-pack-check.ts'

/** How frames are written on one connection. */
export interface FrameFormat {
  readonly isBinary: boolean
  /** @throws RequestError `frame_invalid`, `json_invalid`, `json_too_deep`, `json_unsafe` */
  decode(data: Buffer, isBinary: boolean): unknown
  encode(frame: object): string | Buffer
  /** A frame of this type that also carries a payload, which is JSON text and is not read. */
  encodeWithPayload(type: string, fields: object, payload: JsonText): string | Buffer
  /** The JSON text of a result in a decoded frame. @throws RequestError `payload_too_large`, … */
  resultText(result: unknown): JsonText
  /**
   * The JSON text of a message's payload, as the sender wrote it.
   *
   * @param data of the frame that was decoded
   * @throws RequestError `payload_too_large`, …
   */
  messageText(payload: unknown, data: Buffer): JsonText
}

export const JSON_FORMAT: FrameFormat = {
  isBinary: false,
  decode(data, isBinary) {
    if (isBinary) throw new RequestError('frame_invalid', 'On this connection frames are JSON text messages.')
    return parseJson(data.toString())
  },
  encode: (frame) => JSON.stringify(frame),
  encodeWithPayload: (type, fields, payload) =>
    `{"type":"${type}",${JSON.stringify(fields).slice(1, -1)},"payload":${payload}}`,
  resultText: (result) => payloadText(result, 'result'),
  messageText(payload, data) {
    const raw = rawMember(data.toString(), 'payload')
    return raw === undefined ? payloadText(payload, 'payload') : withinLimit(raw, 'payload')
  },
}

const OPTIONS = { useRecords: false, int64AsType: 'number', variableMapSize: true } as const
const packr = new Packr(OPTIONS)
const unpackr = new Unpackr({ ...OPTIONS, mapsAsObjects: true })

export const MSGPACK_FORMAT: FrameFormat = {
  isBinary: true,
  decode(data, isBinary) {
    if (!isBinary)
      throw new RequestError('frame_invalid', 'On this connection frames are MessagePack binary messages.')
    try {
      checkMessagePack(data, LIMITS.jsonDepthMax)
      return unpackr.unpack(data) as unknown
    } catch (error) {
      const reason = error instanceof MessagePackError ? error.message : 'it cannot be decoded'
      throw new RequestError('frame_invalid', `This is not MessagePack: ${reason}.`, { cause: error })
    }
  },
  encode: (frame) => packr.pack(frame),
  encodeWithPayload: (type, fields, payload) =>
    packr.pack({ type, ...fields, payload: Buffer.from(payload) }),
  resultText(result) {
    return binaryText(result, 'result')
  },
  messageText: (payload) => binaryText(payload, 'payload'),
}

function binaryText(value: unknown, name: 'payload' | 'result'): JsonText {
  if (value === undefined) return jsonText('null')
  if (value instanceof Uint8Array) return checkedPayloadText(Buffer.from(value).toString(), name)
  throw new RequestError('frame_invalid', `In MessagePack frames a ${name} is JSON as UTF-8 bytes: bin.`)
}

export function formatOf(subprotocol: string): FrameFormat {
  const chosen: Subprotocol = subprotocol === 'amos.v1.msgpack' ? subprotocol : 'amos.v1.json'
  return chosen === 'amos.v1.msgpack' ? MSGPACK_FORMAT : JSON_FORMAT
}
