import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { RegisterRequest } from '../../agents/agent-service.ts'
import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import { keyClaimDefect } from '../../consensus/possession.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { PublicKey } from '../../model/hex.ts'
import { type AgentId, type SwarmId, splitScope } from '../../model/ids.ts'

export interface KeyClaimsModules {
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly verifier: SignatureVerifier
}

/** Sees to it that agents register keys that they hold, each its own: two that share one could vote on nothing together. */
export class KeyClaims {
  readonly #modules: KeyClaimsModules
  /** Whose registration with a key is being written: no two may be at once. */
  readonly #underWay = new Map<PublicKey, AgentId>()

  constructor(modules: KeyClaimsModules) {
    this.#modules = modules
  }

  /**
   * Registers an agent if the key it claims, where it claims one, is fit.
   *
   * @throws SwarmError `key_refused`
   */
  async during<T>(request: RegisterRequest, register: () => Promise<T>): Promise<T> {
    const { agentId, voterKey } = request
    if (voterKey === undefined) return register()
    const { publicKey } = voterKey
    const reason = this.#defectOf(request) ?? (this.#isTaken(publicKey, agentId) ? 'in_use' : undefined)
    if (reason !== undefined) throw new SwarmError('key_refused', { agentId, reason })
    this.#underWay.set(publicKey, agentId)
    try {
      return await register()
    } finally {
      this.#underWay.delete(publicKey)
    }
  }

  #defectOf({ agentId, voterKey }: RegisterRequest): ReturnType<typeof keyClaimDefect> {
    if (voterKey === undefined) return undefined
    const { journal, verifier } = this.#modules
    const { tenant, swarm } = splitScope(journal.scope)
    return keyClaimDefect({ tenantId: tenant, swarmId: swarm as SwarmId, agentId, ...voterKey }, verifier)
  }

  #isTaken(publicKey: PublicKey, agentId: AgentId): boolean {
    const claimant = this.#underWay.get(publicKey)
    if (claimant !== undefined && claimant !== agentId) return true
    for (const { record } of this.#modules.registry.agents)
      if (record.voterKey === publicKey && record.agentId !== agentId) return true
    return false
  }
}
