import type { HostedKey, KeyMaker } from '../../consensus/ports/key-maker.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import type { AgentId } from '../../model/ids.ts'
import { put } from '../../ports/records.ts'
import { HOSTED_KEY_RECORDS } from '../proposals/proposal-record.ts'

export interface HostedKeysModules {
  readonly journal: SwarmJournal
  readonly keys: KeyMaker
}

/** The keys of agents that have none of their own. One is made when it is first needed, and kept for good. */
export class HostedKeys {
  readonly #modules: HostedKeysModules
  readonly #keys = new Map<AgentId, Promise<HostedKey>>()

  constructor(modules: HostedKeysModules) {
    this.#modules = modules
  }

  keyOf(agentId: AgentId): Promise<HostedKey> {
    const known = this.#keys.get(agentId)
    if (known !== undefined) return known
    const kept = this.#keep(agentId)
    this.#keys.set(agentId, kept)
    // Asked again, the store may answer.
    kept.catch(() => this.#keys.delete(agentId))
    return kept
  }

  /** The agent is not registered any more; the store keeps its key, and those that vote by it go on. */
  forget(agentId: AgentId): void {
    this.#keys.delete(agentId)
  }

  async #keep(agentId: AgentId): Promise<HostedKey> {
    const { journal, keys } = this.#modules
    const fresh = keys.create()
    const { secret } = await journal.transact([{ kind: HOSTED_KEY_RECORDS, id: agentId }], ([stored]) => {
      if (stored !== undefined) return unchanged(stored.value)
      const record = { agentId, secret: fresh.secret }
      return { ...unchanged(record), writes: [put(HOSTED_KEY_RECORDS, agentId, record)] }
    })
    return secret === fresh.secret ? fresh : keys.restore(secret)
  }
}
