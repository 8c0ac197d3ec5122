import type { RaftStore } from '../../consensus/raft/raft-ports.ts'
import type { DurableState } from '../../consensus/raft/raft-state.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import type { AgentId } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'

/** What a voter whose key the hub holds must not forget in elections, under the agent's id. */
export const HOSTED_RAFT_RECORDS = recordKind<DurableState>('hosted_raft')

export interface HostedRaftStoreModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
}

/**
 * What a voter that the hub runs must not forget, in the swarm's store. A coordinatorship that has been overtaken can
 * write nothing there, so that two nodes never vote for the same agent.
 */
export class HostedRaftStore implements RaftStore {
  readonly #agentId: AgentId
  readonly #modules: HostedRaftStoreModules

  constructor(agentId: AgentId, modules: HostedRaftStoreModules) {
    this.#agentId = agentId
    this.#modules = modules
  }

  async load(): Promise<DurableState | undefined> {
    const { store, journal } = this.#modules
    return (await store.get(journal.scope, { kind: HOSTED_RAFT_RECORDS, id: this.#agentId }))?.value
  }

  async save(durable: DurableState): Promise<void> {
    await this.#modules.journal.transact([] as const, () => ({
      ...unchanged(null),
      writes: [put(HOSTED_RAFT_RECORDS, this.#agentId, durable)],
    }))
  }
}
