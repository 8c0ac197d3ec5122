import { isUtf8 } from 'node:buffer'
import secureJson from 'secure-json-parse'
import { eachOpaque } from '#contract/json/each-opaque.ts'
import { scanOpaque } from '#contract/json/opaque-scan.ts'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'
import { LIMITS } from '#contract/limits.ts'
import { isWellFormed } from '#contract/text.ts'
import { type JsonText, jsonText } from '#domain/model/ids.ts'
import { RequestError } from '../problem/request-error.ts'
import { OpaqueJson, withinLimit } from './opaque-json.ts'

/** An escape that may be of half a pair. */
const LONE_SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** @throws RequestError `utf8_invalid` */
export function readUtf8(bytes: Buffer | Uint8Array, what: string): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Decoding replaces what is not UTF-8, and what was sent would be lost without a word.
  if (!isUtf8(buffer)) throw new RequestError('utf8_invalid', `The ${what} is not valid UTF-8.`)
  return buffer.toString()
}

/**
 * A request's JSON with an {@link OpaqueJson} in the place of every opaque value. Those may hold any field name; the
 * rest must not hold names that reach an object's prototype.
 *
 * @throws RequestError `json_too_deep`, `json_unsafe`, `json_invalid`, `utf8_invalid`
 */
export function parseJson(text: string, shape: OpaqueShape | undefined): unknown {
  const { texts, isTooDeep } = scanOpaque(text, shape, LIMITS.jsonDepthMax)
  if (isTooDeep) throw tooDeep()
  const document = parse(text)
  eachOpaque(document, texts, (parent, name, opaque) => {
    parent[name] = new OpaqueJson(opaque)
  })
  refuseUnsafeNames(text, document)
  if (LONE_SURROGATE_ESCAPE.test(text) && holdsLoneSurrogate(document)) throw loneSurrogate()
  return document
}

/**
 * A payload or result that came as text of its own.
 *
 * @throws RequestError `utf8_invalid`, `payload_too_large`, `json_too_deep`, `json_invalid`
 */
export function opaqueBytes(bytes: Uint8Array, name: 'payload' | 'result'): JsonText {
  const text = readUtf8(bytes, name)
  withinLimit(text, name)
  const { isTooDeep } = scanOpaque(text, OPAQUE, LIMITS.jsonDepthMax)
  if (isTooDeep) throw tooDeep()
  parse(text)
  return jsonText(text)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RequestError('json_invalid', `This is not JSON: ${(error as Error).message}`, { cause: error })
  }
}

function refuseUnsafeNames(text: string, document: unknown): void {
  if (!mayHoldUnsafeNames(text) || typeof document !== 'object' || document === null) return
  try {
    secureJson.scan(document, { protoAction: 'error', constructorAction: 'error' })
  } catch (error) {
    throw new RequestError(
      'json_unsafe',
      'The field names __proto__ and constructor.prototype are allowed in payloads, results and messages only.',
      { cause: error },
    )
  }
}

/** Most texts hold neither name, nor an escape that could spell it, and need not be walked. */
function mayHoldUnsafeNames(text: string): boolean {
  return text.includes('__proto__') || text.includes('constructor') || text.includes('\\u')
}

/** What the server reads it also writes, in MessagePack as well, and these have no UTF-8. */
function holdsLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !isWellFormed(value)
  if (typeof value !== 'object' || value === null || value instanceof OpaqueJson) return false
  return Object.entries(value).some(([name, member]) => !isWellFormed(name) || holdsLoneSurrogate(member))
}

function loneSurrogate(): RequestError {
  return new RequestError(
    'utf8_invalid',
    'Half of a surrogate pair has no UTF-8; only payloads, results and messages may hold the escape of one.',
  )
}

function tooDeep(): RequestError {
  return new RequestError(
    'json_too_deep',
    `Arrays and objects may stand ${LIMITS.jsonDepthMax} deep inside each other.`,
  )
}
