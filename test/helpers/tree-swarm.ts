import type { DistributionStrategy, PlannedAssignment } from '#domain/distribution/distribution-strategy.ts'
import { DelegationStrategy } from '#domain/distribution/strategies/delegation-strategy.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { Candidate } from '#domain/resources/candidate.ts'
import type { Requirement } from '#domain/resources/requirement.ts'
import { coveredBy } from '#domain/resources/room.ts'
import { HierarchicalTopology } from '#domain/topology/hierarchical-topology.ts'
import { ReportingTree } from '#domain/topology/reporting-tree.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { distributionContext } from './distribution-context.ts'

export interface TreeAgent {
  readonly slots: number
  readonly activeTasks: number
  readonly skills: readonly string[]
  readonly resources: Readonly<Record<string, number>>
}

const IDLE: TreeAgent = { slots: 1, activeTasks: 0, skills: ['review'], resources: {} }

/** A strategy that must not be asked while the tree can do the work itself. */
const NOBODY: DistributionStrategy = { kind: 'least_loaded', plan: () => [] }

/** A hierarchical swarm without a server: agents a0, a1, … in a tree, and what each holds. */
export class TreeSwarm {
  readonly shape: HierarchicalTopology
  readonly agents = new Map<AgentId, TreeAgent>()

  constructor(branching: number, agents: readonly Partial<TreeAgent>[]) {
    this.shape = new HierarchicalTopology(branching)
    for (const [index, agent] of agents.entries()) {
      const id = agentId(`a${index}`)
      this.shape.add(id)
      this.agents.set(id, { ...IDLE, ...agent })
    }
  }

  plan(
    tasks: readonly ReadyEntry[],
    { seed = 1, others = NOBODY }: { seed?: number; others?: DistributionStrategy } = {},
  ): readonly PlannedAssignment[] {
    const tree = new ReportingTree(this.shape)
    const strategy = new DelegationStrategy(others, {
      tree: () => tree,
      loadOf: (id) => this.agents.get(id)!,
    })
    return strategy.plan(
      distributionContext({
        random: new SeededRandom(seed),
        tasks,
        candidatesFor: (requirement) => this.candidatesFor(requirement),
      }),
    )
  }

  candidatesFor({ capabilities, resources }: Requirement): readonly Candidate[] {
    return [...this.agents].flatMap(([id, agent]) => {
      const candidate = asCandidate(id, agent)
      const isCapable = capabilities.every((name) => agent.skills.includes(name))
      return isCapable && candidate.freeSlots > 0 && coveredBy(agent.resources, resources) ? [candidate] : []
    })
  }

  /** All who report to a member, over however many levels. */
  below(id: AgentId): readonly AgentId[] {
    const found = [...this.shape.childrenOf(id)]
    for (const member of found) found.push(...this.shape.childrenOf(member))
    return found
  }
}

function asCandidate(id: AgentId, { slots, activeTasks, skills, resources }: TreeAgent): Candidate {
  return {
    agentId: id,
    capabilities: skills.map((name) => ({ name, proficiency: 1, cost: 1 })),
    slots,
    activeTasks,
    freeSlots: slots - activeTasks,
    freeResources: resources,
  }
}
