import { createHmac, timingSafeEqual } from 'node:crypto'
import { RequestError } from '../problem/request-error.ts'

const SIGNATURE_BYTES = 16

/**
 * Opaque places in a list. A token is good for the very list it was made for: its signature covers the tenant, the
 * swarm and the filter besides the place.
 */
export class PageTokens {
  readonly #secret: () => string

  /** @param secret the same on every node, so that a list can be read on through another one; read at each use */
  constructor(secret: () => string) {
    this.#secret = secret
  }

  /** @param list names the list with all that narrows it, in a fixed order */
  issue(place: string, list: readonly unknown[]): string {
    return Buffer.concat([this.#sign(place, list), Buffer.from(place)]).toString('base64url')
  }

  /** The place in the list, undefined at its beginning. @throws RequestError `page_token_invalid` */
  redeem(token: string | undefined, list: readonly unknown[]): string | undefined {
    if (token === undefined) return undefined
    const bytes = Buffer.from(token, 'base64url')
    const signature = bytes.subarray(0, SIGNATURE_BYTES)
    const place = bytes.subarray(SIGNATURE_BYTES).toString()
    const isOurs = signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, this.#sign(place, list))
    if (isOurs) return place
    throw new RequestError(
      'page_token_invalid',
      'Use the nextPageToken of the page before, with the same filter.',
    )
  }

  #sign(place: string, list: readonly unknown[]): Buffer {
    const signed = JSON.stringify([place, ...list.map((part) => part ?? null)])
    return createHmac('sha256', this.#secret()).update(signed).digest().subarray(0, SIGNATURE_BYTES)
  }
}
