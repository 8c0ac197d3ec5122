import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { clientAddress } from '../connections/client-address.ts'
import type { ConnectionGate } from '../connections/connection-gate.ts'
import { type Authenticator, bearerCredential } from './authenticator.ts'
import type { Principal } from './principal.ts'
import type { WrongCredentials } from './wrong-credentials.ts'

export interface EntranceModules {
  readonly authenticator: Authenticator
  readonly wrongCredentials: WrongCredentials
  readonly connections: ConnectionGate
}

/** Authenticates what comes over a connection, and remembers of the connection what came of it. */
export class Entrance {
  readonly #modules: EntranceModules

  constructor(modules: EntranceModules) {
    this.#modules = modules
  }

  get isOpen(): boolean {
    return this.#modules.authenticator.isOpen
  }

  /** By the Authorization header. @throws RequestError `unauthorized`, `rate_limited` */
  authenticateHeader({ headers, raw }: FastifyRequest): Promise<Principal> {
    const { authorization } = headers
    // A header that cannot be read counts as a wrong credential like any other.
    return this.#enter(raw.socket, authorization, async () =>
      this.#modules.authenticator.authenticate(bearerCredential(authorization)),
    )
  }

  /** @throws RequestError `unauthorized`, `rate_limited` */
  authenticate(socket: Socket, credential: string | undefined): Promise<Principal> {
    return this.#enter(socket, credential, () => this.#modules.authenticator.authenticate(credential))
  }

  async #enter(
    socket: Socket,
    shown: string | undefined,
    authenticate: () => Promise<Principal>,
  ): Promise<Principal> {
    const { wrongCredentials, connections } = this.#modules
    const principal = await (shown === undefined
      ? authenticate()
      : wrongCredentials.limit(clientAddress(socket.remoteAddress), shown, authenticate))
    connections.identified(socket)
    return principal
  }
}
