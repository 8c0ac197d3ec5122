import type { FastifyRequest } from 'fastify'
import { SUBPROTOCOLS, type Subprotocol, TOKEN_SUBPROTOCOL_PREFIX } from '#contract/frames/frame.ts'
import { LIMITS } from '#contract/limits.ts'
import { type Authenticator, bearerCredential } from '../auth/authenticator.ts'
import type { Principal } from '../auth/principal.ts'

/** For `@fastify/websocket`: what every WebSocket of ours is set to. */
export const WEBSOCKET_OPTIONS = {
  maxPayload: LIMITS.frameBytesMax,
  maxFragments: 64,
  perMessageDeflate: false,
  clientTracking: false,
  handleProtocols: (offered: Set<string>): string | false => chooseSubprotocol(offered) ?? false,
}

function chooseSubprotocol(offered: ReadonlySet<string>): Subprotocol | undefined {
  return SUBPROTOCOLS.find((subprotocol) => offered.has(subprotocol))
}

/**
 * Who opens the WebSocket, by its Authorization header or, from a browser, by a subprotocol; null where it has shown
 * nothing yet and its first frame has to.
 * @throws RequestError `unauthorized` for a credential that is not valid
 */
export async function authenticateUpgrade(
  request: FastifyRequest,
  authenticator: Authenticator,
): Promise<Principal | null> {
  const credential = bearerCredential(request.headers.authorization) ?? subprotocolToken(request)
  if (credential === undefined && !authenticator.isOpen) return null
  return authenticator.authenticate(credential)
}

function subprotocolToken(request: FastifyRequest): string | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? []
  const token = offered.map((name) => name.trim()).find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
  return token?.slice(TOKEN_SUBPROTOCOL_PREFIX.length)
}
