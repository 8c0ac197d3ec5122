import { Buffer } from 'node:buffer'
import secureJson from 'secure-json-parse'
import { LIMITS } from '#contract/limits.ts'
import { type JsonText, jsonText } from '#domain/ids.ts'
import { RequestError } from '../problem/request-error.ts'
import { isDeeperThan } from './json-depth.ts'

/** What may come around a payload: the body or frame, and the list and the task it stands in. */
const ENVELOPE_DEPTH = 3
const DEPTH_MAX = LIMITS.jsonDepthMax + ENVELOPE_DEPTH

/** @throws RequestError `json_too_deep`, `json_unsafe`, `json_invalid` */
export function parseJson(text: string): unknown {
  if (isDeeperThan(text, DEPTH_MAX)) {
    throw new RequestError(
      'json_too_deep',
      `Arrays and objects may stand ${LIMITS.jsonDepthMax} deep inside each other.`,
    )
  }
  try {
    return secureJson.parse(text, undefined, { protoAction: 'error', constructorAction: 'error' }) as unknown
  } catch (error) {
    if (error instanceof SyntaxError && /forbidden prototype property/.test(error.message)) {
      throw new RequestError(
        'json_unsafe',
        'The field names __proto__ and constructor.prototype are not taken.',
      )
    }
    throw new RequestError('json_invalid', `This is not JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** The text of a payload or result that was part of parsed JSON. @throws RequestError `payload_too_large` */
export function payloadText(value: unknown, name: 'payload' | 'result'): JsonText {
  return withinLimit(JSON.stringify(value ?? null), name)
}

/** A payload or result that came as text of its own. @throws RequestError as {@link parseJson}, `payload_too_large` */
export function checkedPayloadText(text: string, name: 'payload' | 'result'): JsonText {
  withinLimit(text, name)
  parseJson(text)
  return jsonText(text)
}

/** @throws RequestError `payload_too_large` */
export function withinLimit(text: string, name: 'payload' | 'result'): JsonText {
  // A UTF-16 unit is at most three bytes of UTF-8: most texts need not be measured.
  if (text.length * 3 > LIMITS.payloadBytesMax) {
    const actual = Buffer.byteLength(text)
    if (actual > LIMITS.payloadBytesMax) {
      throw new RequestError(
        'payload_too_large',
        `The ${name} has ${actual} bytes as compact JSON; ${LIMITS.payloadBytesMax} are taken.`,
        { details: { limitName: 'payloadBytesMax', limit: LIMITS.payloadBytesMax, actual } },
      )
    }
  }
  return jsonText(text)
}
