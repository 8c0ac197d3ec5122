import type { AgentRegistry } from '../../agents/agent-registry.ts'
import { createElectorate, electorateDefect, type Voter } from '../../consensus/electorate.ts'
import type { Hasher } from '../../consensus/ports/hasher.ts'
import { proposalDefect } from '../../consensus/proposal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { chooseVoters, custodyOf } from '../voters/electorate-choice.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'
import type { ProposalRecord } from './proposal-record.ts'
import type { ProposalRepository } from './proposal-repository.ts'
import { fingerprintOf, type ProposeRequest, proposalOf } from './proposal-requests.ts'

export interface ProposalSubmissionOptions {
  readonly openProposalsMax: number
}

export interface ProposalSubmissionModules {
  readonly registry: AgentRegistry
  readonly repository: ProposalRepository
  readonly keys: HostedKeys
  readonly clock: Clock
  readonly hasher: Hasher
  leaderId(): AgentId | null
}

/** Takes proposals in: says who votes on each, and from then on nobody can change that. */
export class ProposalSubmission {
  readonly #options: ProposalSubmissionOptions
  readonly #modules: ProposalSubmissionModules

  constructor(options: ProposalSubmissionOptions, modules: ProposalSubmissionModules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * @param openCount proposals that are under way or being taken in, this one among them
   * @throws SwarmError `agent_not_found`, `proposal_unsound`, `electorate_unsound`, `proposal_exists`, `limit_exceeded`
   */
  async take(request: ProposeRequest, openCount: number): Promise<ProposalRecord> {
    const { repository, hasher, clock, leaderId } = this.#modules
    const { proposalId, payload } = request
    const fingerprint = fingerprintOf(request, hasher)
    const known = await repository.find(proposalId)
    if (known?.fingerprint === fingerprint) return known
    if (known !== undefined) throw new SwarmError('proposal_exists', { proposalId })
    for (const named of [request.proposerId, request.firstProposer])
      if (named !== undefined) this.#modules.registry.get(named)
    this.#refuseOneTooMany(openCount)
    const voters = await this.#votersOf(request)
    const proposal = proposalOf(request, leaderId(), hasher)
    const reason = proposalDefect(proposal)
    if (reason !== undefined) throw new SwarmError('proposal_unsound', { reason })
    const electorate = createElectorate(voters, hasher)
    const record: ProposalRecord = {
      proposalId,
      proposal,
      electorate: electorate.voters,
      electorateHash: electorate.hash,
      fingerprint,
      status: 'open',
      isCancelled: false,
      ballots: [],
      evidence: [],
      certificate: null,
      openedAt: clock.now(),
      endedAt: null,
      deliberationMs: null,
      agreementMs: null,
    }
    return repository.add(record, payload)
  }

  async #votersOf({ electorate, weights }: ProposeRequest): Promise<readonly Voter[]> {
    const { registry, keys } = this.#modules
    // An agent may be called `constructor`, which every object has.
    const weightOf = new Map(Object.entries(weights))
    const agents = new Map([...registry.agents].map(({ agentId, record }) => [agentId, record]))
    const voters = await Promise.all(
      chooseVoters(electorate, agents).map(async (agent): Promise<Voter> => {
        const { agentId, voterKey } = agent
        const publicKey = voterKey ?? (await keys.keyOf(agentId)).publicKey
        return { agentId, publicKey, weight: weightOf.get(agentId) ?? 1, custody: custodyOf(agent) }
      }),
    )
    const sorted = voters.toSorted((a, b) => (a.agentId < b.agentId ? -1 : 1))
    const stranger = [...weightOf.keys()].find((name) => !voters.some(({ agentId }) => agentId === name))
    const reason = stranger === undefined ? electorateDefect(sorted) : `${stranger} has a weight, but no vote`
    if (reason !== undefined) throw new SwarmError('electorate_unsound', { reason })
    return sorted
  }

  #refuseOneTooMany(actual: number): void {
    const limit = this.#options.openProposalsMax
    if (actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'openProposalsMax', limit, actual })
  }
}
