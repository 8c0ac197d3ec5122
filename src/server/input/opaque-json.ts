import { Buffer } from 'node:buffer'
import { LIMITS } from '#contract/limits.ts'
import { type JsonText, jsonText } from '#domain/model/ids.ts'
import { RequestError } from '../problem/request-error.ts'

type OpaqueName = 'payload' | 'result' | 'value'

/** A value of a request that nobody reads here, as the JSON text it was sent as. */
export class OpaqueJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * The text of a payload or result in a parsed request; `null` where there is none.
 *
 * @throws RequestError `payload_too_large`
 */
export function opaqueText(value: unknown, name: OpaqueName): JsonText {
  return value instanceof OpaqueJson ? withinLimit(value.text, name) : jsonText('null')
}

/** @throws RequestError `payload_too_large` */
export function withinLimit(text: string, name: OpaqueName): JsonText {
  // A UTF-16 unit is at most three bytes of UTF-8: most texts need not be measured.
  if (text.length * 3 > LIMITS.payloadBytesMax) {
    const actual = Buffer.byteLength(text)
    if (actual > LIMITS.payloadBytesMax) {
      throw new RequestError(
        'payload_too_large',
        `The ${name} has ${actual} bytes; the limit is ${LIMITS.payloadBytesMax}.`,
        { details: { limitName: 'payloadBytesMax', limit: LIMITS.payloadBytesMax, actual } },
      )
    }
  }
  return jsonText(text)
}
