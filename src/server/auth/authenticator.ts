import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import { type AgentId, tenantId } from '#domain/model/ids.ts'
import type { SwarmReader } from '#domain/orchestration/swarm-reader.ts'
import { SENTENCES } from '../problem/problem-sentences.ts'
import { RequestError } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { type AgentTokenOwner, agentTokenOwner } from './agent-token.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Principal, Proof } from './principal.ts'
import { hashesMatch, secretHash } from './secret-hash.ts'

/** Everybody, where no keys are set: only ever on loopback. */
const ANYONE: Principal = {
  kind: 'client',
  name: 'anyone',
  tenant: tenantId('default'),
  role: 'admin',
  isMonitor: true,
  credentialHash: undefined,
  provedAt: 0,
}

export interface AuthenticatorModules {
  readonly swarms: Pick<Swarms, 'open'>
}

/** Says whose a credential is. */
export class Authenticator {
  #keys: ApiKeys | undefined
  readonly #swarms: Pick<Swarms, 'open'>
  #changeCount = 0

  /** @param keys undefined leaves the server open */
  constructor(keys: ApiKeys | undefined, { swarms }: AuthenticatorModules) {
    this.#keys = keys
    this.#swarms = swarms
  }

  get isOpen(): boolean {
    return this.#keys === undefined
  }

  /** Equal on every node with the same keys; undefined where the server is open. */
  get seed(): string | undefined {
    return this.#keys?.seed
  }

  /** From now on these keys are valid, and no others. */
  replaceKeys(keys: ApiKeys): void {
    this.#keys = keys
    this.noteChange()
  }

  /** A credential may have become void. */
  noteChange(): void {
    this.#changeCount += 1
  }

  /** False where a change came after the principal was authenticated: its credential may be void by now. */
  isUpToDate({ credentialHash, provedAt }: Principal): boolean {
    return credentialHash === undefined || provedAt === this.#changeCount
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
    const proof = this.#proofBy(secretHash(credential))
    const client = this.#keys?.find(proof.credentialHash)
    if (client !== undefined) return { ...client, ...proof }
    const owner = agentTokenOwner(credential)
    if (owner === undefined) throw notValid()
    try {
      return await this.#agent(owner, proof)
    } catch (error) {
      // Said to the holder of its last token only.
      if (!isSwarmError(error, 'agent_removed')) throw error
      throw new RequestError('unauthorized', SENTENCES.agent_removed(error.details))
    }
  }

  /**
   * Says what the credential of a principal that was authenticated before is worth now.
   *
   * @throws RequestError `unauthorized`
   * @throws SwarmError `agent_removed`
   */
  async authenticateAgain(principal: Principal): Promise<Principal> {
    const { credentialHash } = principal
    if (credentialHash === undefined) return this.authenticate(undefined)
    const proof = this.#proofBy(credentialHash)
    if (principal.kind === 'agent') return this.#agent(principal, proof)
    const client = this.#keys?.find(credentialHash)
    if (client?.tenant !== principal.tenant) throw notValid()
    return { ...client, ...proof }
  }

  /** To be taken before the credential is looked up: a change in between makes the answer out of date. */
  #proofBy(credentialHash: string): Proof & { readonly credentialHash: string } {
    return { credentialHash, provedAt: this.#changeCount }
  }

  async #agent(
    { tenant, swarmId, agentId }: AgentTokenOwner,
    proof: Proof & { readonly credentialHash: string },
  ): Promise<Principal> {
    try {
      const { reader } = await this.#swarms.open(tenant, swarmId)
      if (await isTokenOf(agentId, proof.credentialHash, reader))
        return { kind: 'agent', tenant, swarmId, agentId, ...proof }
    } catch (error) {
      // Only the holder of a valid token may learn whether its swarm or agent exists.
      if (!isSwarmError(error, 'swarm_not_found')) throw error
    }
    throw notValid()
  }
}

/** @throws SwarmError `agent_removed` for the last token of an agent that was removed */
async function isTokenOf(agentId: AgentId, hash: string, reader: SwarmReader): Promise<boolean> {
  try {
    return isHash(hash, (await reader.agent(agentId)).tokenHash)
  } catch (error) {
    if (!isSwarmError(error, 'agent_not_found')) throw error
  }
  const removed = await reader.removedAgent(agentId)
  if (!isHash(hash, removed?.tokenHash)) return false
  throw new SwarmError('agent_removed', { agentId })
}

function isHash(hash: string, expected: string | undefined): boolean {
  return expected !== undefined && hashesMatch(hash, expected)
}

function notValid(): RequestError {
  return new RequestError('unauthorized', 'The credential is not valid here.')
}

/** What stands after `Bearer` in an Authorization header. @throws RequestError `unauthorized` for another scheme */
export function bearerCredential(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const [, credential] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header) ?? []
  if (credential === undefined)
    throw new RequestError('unauthorized', 'The Authorization header is not Bearer ….')
  return credential
}
