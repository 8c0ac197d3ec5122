import { SwarmError } from '../model/errors.ts'
import type { AgentId, SessionId } from '../model/ids.ts'
import type { Candidate } from '../resources/candidate.ts'
import { type Requirement, requirementOf } from '../resources/requirement.ts'
import { estimatedBid } from './auction/estimated-bid.ts'
import type {
  BidRequest,
  DistributionService,
  EstimateCostsRequest,
  EstimatedCosts,
  PlannedTask,
} from './distribution-service.ts'
import type { DistributionStrategy } from './distribution-strategy.ts'
import type { WorkEstimator } from './work-estimator.ts'

export interface DistributionDeskModules {
  readonly registry: {
    membersFor(requirement: Requirement): readonly Candidate[]
    /** @throws SwarmError `agent_not_found` */
    get(agentId: AgentId): unknown
    /** @throws SwarmError `agent_not_found`, `session_superseded`, `session_unknown` */
    getOn(agentId: AgentId, sessionId: SessionId): unknown
  }
  readonly estimator: WorkEstimator
  readonly strategy: Pick<DistributionStrategy, 'onBid'>
}

/** Answers what the hub expects of agents. */
export class DistributionDesk implements DistributionService {
  readonly #modules: DistributionDeskModules

  constructor(modules: DistributionDeskModules) {
    this.#modules = modules
  }

  async bid({ sessionId, ...bid }: BidRequest): Promise<null> {
    const { registry, strategy } = this.#modules
    registry.getOn(bid.agentId, sessionId)
    strategy.onBid?.(bid)
    return null
  }

  async estimateCosts({ tasks, agentIds, pairsMax }: EstimateCostsRequest): Promise<EstimatedCosts> {
    const { registry } = this.#modules
    const everybody = registry.membersFor(requirementOf([], {})).map(({ agentId }) => agentId)
    for (const agentId of agentIds ?? []) registry.get(agentId)
    const wanted = agentIds ?? everybody.toSorted()
    const actual = tasks.length * wanted.length
    if (actual > pairsMax)
      throw new SwarmError('limit_exceeded', { limitName: 'planPairsMax', limit: pairsMax, actual })
    const rows = new Map<string, readonly (number | null)[]>()
    const costs = tasks.map((task) => {
      const key = JSON.stringify(task)
      const row = rows.get(key) ?? this.#row(task, wanted)
      rows.set(key, row)
      return row
    })
    return { agentIds: wanted, costs }
  }

  #row(task: PlannedTask, agentIds: readonly AgentId[]): readonly (number | null)[] {
    const { registry, estimator } = this.#modules
    const members = registry.membersFor(requirementOf(task.capabilities, task.resources))
    const bids = new Map(
      members.map((member) => [
        member.agentId,
        estimatedBid(
          {
            type: task.type,
            capabilities: task.capabilities,
            ...(task.affinityKey === undefined ? {} : { affinityKey: task.affinityKey }),
          },
          member,
          estimator,
          { secondsWeight: 1, costWeight: 1 },
        ),
      ]),
    )
    return agentIds.map((agentId) => bids.get(agentId) ?? null)
  }
}
