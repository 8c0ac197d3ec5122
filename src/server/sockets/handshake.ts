import type { FastifyRequest } from 'fastify'
import { SUBPROTOCOLS, type Subprotocol, TOKEN_SUBPROTOCOL_PREFIX } from '#contract/frames/frame.ts'
import { LIMITS } from '#contract/limits.ts'
import type { Entrance } from '../auth/entrance.ts'
import type { Principal } from '../auth/principal.ts'

/** How long a peer may take to answer a close frame before its connection is ended by force. */
const CLOSE_WITHIN_MS = 2_000

/** For `@fastify/websocket`: what every WebSocket of ours is set to. */
export const WEBSOCKET_OPTIONS = {
  maxPayload: LIMITS.frameBytesMax,
  maxFragments: 64,
  perMessageDeflate: false,
  clientTracking: false,
  closeTimeout: CLOSE_WITHIN_MS,
  handleProtocols: (offered: Set<string>): string | false => chooseSubprotocol(offered) ?? false,
}

function chooseSubprotocol(offered: ReadonlySet<string>): Subprotocol | undefined {
  return SUBPROTOCOLS.find((subprotocol) => offered.has(subprotocol))
}

/**
 * Who opens the WebSocket, by its Authorization header or, from a browser, by a subprotocol; null where it has shown
 * nothing yet and its first frame has to.
 * @throws RequestError `unauthorized` for a credential that is not valid, `rate_limited`
 */
export async function authenticateUpgrade(
  request: FastifyRequest,
  entrance: Entrance,
): Promise<Principal | null> {
  if (request.headers.authorization !== undefined) return entrance.authenticateHeader(request)
  const credential = subprotocolToken(request)
  if (credential === undefined && !entrance.isOpen) return null
  return entrance.authenticate(request.raw.socket, credential)
}

function subprotocolToken(request: FastifyRequest): string | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? []
  const token = offered.map((name) => name.trim()).find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
  return token?.slice(TOKEN_SUBPROTOCOL_PREFIX.length)
}
