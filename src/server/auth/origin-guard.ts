import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from '../problem/request-error.ts'

export interface OriginGuardOptions {
  /** Origins of pages that may use the server besides its own, for instance `https://example.org`. */
  readonly allowedOrigins: readonly string[]
  /** Without keys the server answers only to the names of loopback: a page elsewhere could point its own at it. */
  readonly isOpen: boolean
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** Refuses requests that a browser makes for a page of another origin, WebSocket upgrades included. */
export function guardOrigins(app: FastifyInstance, { allowedOrigins, isOpen }: OriginGuardOptions): void {
  const allowed = new Set(allowedOrigins)
  app.addHook('onRequest', async (request) => {
    if (isOpen && !LOOPBACK_HOST.test(request.host)) {
      throw new RequestError('forbidden', 'Without API keys the server answers to loopback addresses only.')
    }
    const { origin: given } = request.headers
    const origin = given === undefined ? undefined : originOf(given)
    if (origin === undefined || allowed.has(origin) || isOwnOrigin(request, origin)) return
    throw new RequestError(
      'origin_not_allowed',
      'Pages of this origin may not use the server; see AMOS_ALLOWED_ORIGINS.',
    )
  })
}

function isOwnOrigin(request: FastifyRequest, origin: string): boolean {
  if (!URL.canParse(origin)) return false
  // A proxy in front may speak TLS for us, so the scheme does not count.
  const { protocol, host } = new URL(origin)
  const own = `${protocol}//${request.host}`
  return URL.canParse(own) && new URL(own).host === host
}

/** As browsers write an origin, also where a person wrote it: in lower case, without a default port or a slash. */
export function originOf(text: string): string {
  // Others, as of a browser's extension, all have the origin `null` for URL.
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).origin : text
}
