import type { AgentId } from '../model/ids.ts'
import { managersAbove, ReportingTree } from './reporting-tree.ts'
import type { SwarmTopology } from './swarm-topology.ts'

export interface ReportingLinesModules {
  /** Read at each use: a takeover builds a new one. */
  readonly keeper: { readonly topology: SwarmTopology }
}

interface Holder {
  readonly agentId: AgentId
  /** The managers above it when it was given the task, nearest first. */
  readonly reportingChain?: readonly AgentId[]
}

/** Who hands work to whom, and who hears of a failure, while the swarm is hierarchical. */
export class ReportingLines {
  readonly #modules: ReportingLinesModules
  #topology: SwarmTopology | undefined
  #version = -1
  #tree: ReportingTree | undefined

  constructor(modules: ReportingLinesModules) {
    this.#modules = modules
  }

  /** The tree as it stands now; undefined while the swarm is not hierarchical. */
  tree(): ReportingTree | undefined {
    const { topology } = this.#modules.keeper
    if (topology.shape.settings.kind !== 'hierarchical') return undefined
    if (topology !== this.#topology || topology.version !== this.#version) {
      this.#topology = topology
      this.#version = topology.version
      this.#tree = new ReportingTree(topology.shape)
    }
    return this.#tree
  }

  /** Who hands on what this agent splits off its task: itself, then the managers above it. */
  delegatorsFrom(agentId: AgentId): readonly AgentId[] | undefined {
    const post = this.tree()?.find(agentId)
    return post === undefined ? undefined : [agentId, ...managersAbove(post)]
  }

  /**
   * The managers above an agent that failed, nearest first; none above the root. An agent that is gone reported to
   * those who were above it when it was given the task. Undefined while the swarm is not hierarchical.
   */
  escalationFrom({ agentId, reportingChain = [] }: Holder): readonly AgentId[] | undefined {
    const tree = this.tree()
    if (tree === undefined) return undefined
    const post = tree.find(agentId)
    return post === undefined ? reportingChain : managersAbove(post)
  }
}
