import { Packr, Unpackr } from 'msgpackr'
import { AGENT_FRAMES } from '#contract/frames/agent-frames.ts'
import type { Subprotocol } from '#contract/frames/frame.ts'
import { opaqueShapeOfAny } from '#contract/json/opaque-shape.ts'
import { LIMITS } from '#contract/limits.ts'
import { type JsonText, jsonText } from '#domain/model/ids.ts'
import { opaqueBytes, parseJson, readUtf8 } from '../input/json-text.ts'
import { opaqueText } from '../input/opaque-json.ts'
import { RequestError } from '../problem/request-error.ts'
import { checkMessagePack } from './message-pack-check.ts'
import { MessagePackError } from './message-pack-head.ts'

/** How frames are written on one connection. */
export interface FrameFormat {
  readonly isBinary: boolean
  /** @throws RequestError `frame_invalid`, `json_invalid`, `json_too_deep`, `json_unsafe` */
  decode(data: Buffer, isBinary: boolean): unknown
  encode(frame: object): string | Buffer
  /** A frame of this type that also carries a payload, which is JSON text and is not read. */
  encodeWithPayload(type: string, fields: object, payload: JsonText): string | Buffer
  /**
   * The JSON text of a payload or result in a decoded frame, as the sender wrote it.
   *
   * @throws RequestError `payload_too_large`; in MessagePack also `utf8_invalid`, `json_invalid`, `json_too_deep`
   */
  opaqueText(value: unknown, name: 'payload' | 'result'): JsonText
}

const OPAQUE_MEMBERS = opaqueShapeOfAny(Object.values(AGENT_FRAMES))

export const JSON_FORMAT: FrameFormat = {
  isBinary: false,
  decode(data, isBinary) {
    if (isBinary) throw new RequestError('frame_invalid', 'On this connection frames are JSON text messages.')
    return parseJson(readUtf8(data, 'frame'), OPAQUE_MEMBERS)
  },
  encode: (frame) => JSON.stringify(frame),
  encodeWithPayload: (type, fields, payload) =>
    `{"type":"${type}",${JSON.stringify(fields).slice(1, -1)},"payload":${payload}}`,
  opaqueText,
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
  opaqueText(value, name) {
    if (value === undefined) return jsonText('null')
    if (value instanceof Uint8Array) return opaqueBytes(value, name)
    throw new RequestError('frame_invalid', `In MessagePack frames a ${name} is JSON as UTF-8 bytes: bin.`)
  },
}

export function formatOf(subprotocol: string): FrameFormat {
  const chosen: Subprotocol = subprotocol === 'amos.v1.msgpack' ? subprotocol : 'amos.v1.json'
  return chosen === 'amos.v1.msgpack' ? MSGPACK_FORMAT : JSON_FORMAT
}
