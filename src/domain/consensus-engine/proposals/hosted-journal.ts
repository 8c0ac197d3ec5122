import type { SigningJournal, SigningRecord } from '../../consensus/ports/signing-journal.ts'
import { isStillNeeded } from '../../consensus/signing-slot.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import type { PublicKey } from '../../model/hex.ts'
import type { AgentId, ProposalId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { HOSTED_SIGNING_RECORDS, hostedSigningId } from './proposal-record.ts'

export interface HostedJournalOptions {
  readonly agentId: AgentId
  readonly publicKey: PublicKey
}

export interface HostedJournalModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
}

/**
 * What the hub signed for one agent, in the swarm's store. A coordinatorship that has been overtaken can append nothing
 * there, so that two nodes never sign for the same agent.
 */
export class HostedJournal implements SigningJournal {
  readonly publicKey: PublicKey
  readonly #agentId: AgentId
  readonly #modules: HostedJournalModules

  constructor({ agentId, publicKey }: HostedJournalOptions, modules: HostedJournalModules) {
    this.publicKey = publicKey
    this.#agentId = agentId
    this.#modules = modules
  }

  async read(proposalId: ProposalId): Promise<readonly SigningRecord[]> {
    const { store, journal } = this.#modules
    const stored = await store.get(journal.scope, this.#key(proposalId))
    return stored?.value.records ?? []
  }

  async append(record: SigningRecord): Promise<void> {
    const key = this.#key(record.proposalId)
    const { journal, clock } = this.#modules
    await journal.transact([key] as const, ([stored]) => {
      const records = [...(stored?.value.records ?? []).filter((kept) => isStillNeeded(kept, record)), record]
      const value = { agentId: this.#agentId, lastAt: clock.now(), records }
      return { ...unchanged(null), writes: [put(HOSTED_SIGNING_RECORDS, key.id, value)] }
    })
  }

  #key(proposalId: ProposalId): { readonly kind: typeof HOSTED_SIGNING_RECORDS; readonly id: string } {
    return { kind: HOSTED_SIGNING_RECORDS, id: hostedSigningId(proposalId, this.#agentId) }
  }
}
