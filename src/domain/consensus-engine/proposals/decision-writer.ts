import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { DecisionCertificate } from '../../consensus/certificate.ts'
import { idsOf } from '../../consensus/electorate.ts'
import type { Equivocation } from '../../consensus/evidence.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import { isSwarmError } from '../../model/errors.ts'
import type { ProposalId } from '../../model/ids.ts'
import type { Logger } from '../../ports/logger.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import { BallotWriter } from './ballot-writer.ts'
import type { DecisionTimes, OpenDecisionListener } from './open-decision.ts'
import type { ProposalRepository } from './proposal-repository.ts'

export interface DecisionWriterModules {
  readonly repository: ProposalRepository
  readonly registry: AgentRegistry
  readonly transport: VoterTransport
  readonly reminders: Reminders
  readonly logger: Logger
  /** What came of it is on record, and its voters were told. */
  ended(proposalId: ProposalId): void
}

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/** Has all that agreements come to written, until the store takes it; then tells the voters. */
export class DecisionWriter {
  readonly #modules: DecisionWriterModules

  constructor(modules: DecisionWriterModules) {
    this.#modules = modules
  }

  listenerOf(proposalId: ProposalId): OpenDecisionListener {
    const { repository } = this.#modules
    const ballots = new BallotWriter((taken) =>
      this.#write(proposalId, () => repository.addBallots(proposalId, taken)),
    )
    return {
      ballotTaken: (ballot) => ballots.add(ballot),
      accused: (equivocation) => this.#accuse(proposalId, equivocation),
      decided: (certificate, times) => this.decided(proposalId, certificate, times),
      gaveUp: () => this.#giveUp(proposalId),
    }
  }

  decided(proposalId: ProposalId, certificate: DecisionCertificate, times: DecisionTimes): void {
    const { repository, transport, ended } = this.#modules
    void this.#write(proposalId, async () => {
      const { electorate } = await repository.decide(proposalId, certificate, times)
      transport.tell(idsOf(electorate), { kind: 'certificate', proposalId, certificate })
      ended(proposalId)
    })
  }

  #giveUp(proposalId: ProposalId): void {
    const { repository, transport, ended } = this.#modules
    void this.#write(proposalId, async () => {
      const { electorate } = await repository.giveUp(proposalId)
      ended(proposalId)
      transport.tell(idsOf(electorate), { kind: 'closed', proposalId })
    })
  }

  #accuse(proposalId: ProposalId, equivocation: Equivocation): void {
    const { repository, registry } = this.#modules
    const { voter, first } = equivocation
    const reason = `signed two different ${first.kind}s in the decision on ${proposalId}`
    void this.#write(proposalId, async () => {
      // Found again after a restart. The voter was quarantined before this came on record, and may be pardoned by now.
      const { evidence } = (await repository.find(proposalId)) ?? { evidence: [] }
      if (evidence.some((known) => known.voter === voter)) return
      if (registry.find(voter) !== undefined)
        await registry.change(voter, 'agent.quarantined', (record) => ({ ...record, quarantine: reason }), {
          reason,
        })
      await repository.addEvidence(proposalId, equivocation)
    })
  }

  /** Never rejects; what is tried again is not waited for. */
  async #write(proposalId: ProposalId, write: () => Promise<unknown>): Promise<void> {
    const { logger, reminders } = this.#modules
    try {
      await write()
    } catch (error) {
      logger.warn({ error, proposalId }, 'proposal not written')
      if (isSwarmError(error, 'store_unavailable'))
        reminders.set(TRY_AGAIN_MS, () => void this.#write(proposalId, write))
    }
  }
}
