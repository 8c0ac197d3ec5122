import { isSwarmError } from '#domain/errors.ts'
import { tenantId } from '#domain/ids.ts'
import { RequestError } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { agentTokenOwner } from './agent-token.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Principal } from './principal.ts'
import { hashesMatch, secretHash } from './secret-hash.ts'

/** Everybody, where no keys are set: only ever on loopback. */
const ANYONE: Principal = { kind: 'client', name: 'anyone', tenant: tenantId('default'), role: 'admin' }

export interface AuthenticatorModules {
  readonly swarms: Pick<Swarms, 'open'>
}

/** Says whose a credential is. */
export class Authenticator {
  readonly #keys: ApiKeys | undefined
  readonly #swarms: Pick<Swarms, 'open'>

  /** @param keys undefined leaves the server open */
  constructor(keys: ApiKeys | undefined, { swarms }: AuthenticatorModules) {
    this.#keys = keys
    this.#swarms = swarms
  }

  get isOpen(): boolean {
    return this.#keys === undefined
  }

  /**
   * @param credential an API key or agent token; undefined where none was shown
   * @throws RequestError `unauthorized`
   */
  async authenticate(credential: string | undefined): Promise<Principal> {
    if (credential === undefined) {
      if (this.isOpen) return ANYONE
      throw new RequestError(
        'unauthorized',
        'This server needs an API key or agent token: Authorization: Bearer ….',
      )
    }
    const principal = this.#keys?.find(credential) ?? (await this.#findAgent(credential))
    if (principal === undefined) throw new RequestError('unauthorized', 'The credential is not valid here.')
    return principal
  }

  async #findAgent(token: string): Promise<Principal | undefined> {
    const owner = agentTokenOwner(token)
    if (owner === undefined) return undefined
    try {
      const { reader } = await this.#swarms.open(owner.tenant, owner.swarmId)
      const { tokenHash } = await reader.agent(owner.agentId)
      return tokenHash !== undefined && hashesMatch(secretHash(token), tokenHash)
        ? { kind: 'agent', ...owner }
        : undefined
    } catch (error) {
      // Whether an agent exists is nobody's business who cannot show its token.
      if (isSwarmError(error, 'swarm_not_found', 'agent_not_found')) return undefined
      throw error
    }
  }
}

/** What stands after `Bearer` in an Authorization header. @throws RequestError `unauthorized` for another scheme */
export function bearerCredential(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const [, credential] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header) ?? []
  if (credential === undefined)
    throw new RequestError('unauthorized', 'The Authorization header is not Bearer ….')
  return credential
}
