import { randomKey } from '../client/random-key.ts'

/**
 * A JSON value as the text that is sent for it: for numbers, repeated keys and an order of keys that JavaScript values
 * cannot hold. Goes wherever the SDK takes a payload or a result, or into any part of one. See {@link rawJson}.
 */
export class RawJson {
  readonly text: string

  /** @throws SyntaxError where the text is not JSON */
  constructor(text: string) {
    JSON.parse(text)
    this.text = text.trim()
  }

  /** For `JSON.stringify`: a place for the text where the SDK writes, elsewhere the value as JavaScript reads it. */
  toJSON(): unknown {
    if (pending === undefined) return JSON.parse(this.text)
    return `${PLACE}${pending.push(this.text) - 1}`
  }
}

/**
 * JSON that the SDK sends as it stands.
 *
 * @example client.submit({ type: 'pay', payload: rawJson('{"amount": 12345678901234567890.10}') })
 * @throws SyntaxError where the text is not JSON
 */
export function rawJson(text: string): RawJson {
  return new RawJson(text)
}

/** Nobody can guess it, so that no text of a payload can be taken for a place. */
const PLACE = `raw-json:${randomKey()}:`
const PLACES = new RegExp(`"${PLACE}(\\d+)"`, 'g')

/** Texts of the value that is being written. */
let pending: string[] | undefined

/**
 * As `JSON.stringify`, with the text of each {@link RawJson} in its place.
 *
 * @returns undefined for what has no JSON, as a function
 * @throws TypeError as `JSON.stringify`
 */
export function writeJson(value: unknown, indent?: number): string | undefined {
  const outer = pending
  const texts: string[] = []
  pending = texts
  try {
    const written = JSON.stringify(value, null, indent) as string | undefined
    if (texts.length === 0) return written
    return written?.replace(PLACES, (_, index: string) => texts[Number(index)] ?? 'null')
  } finally {
    pending = outer
  }
}
