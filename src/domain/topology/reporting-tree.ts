import type { AgentId } from '../model/ids.ts'
import type { Topology } from './topology.ts'

/** One member of a tree and its place in it. */
export interface TreePosition {
  readonly agentId: AgentId
  /** The root's is 0, and a manager's is lower than those of its reports. */
  readonly index: number
  readonly manager: TreePosition | undefined
  /** Who reports to it, in the tree's order. */
  readonly reports: readonly TreePosition[]
}

/** A tree as it stood in one version, for work that walks it up and down many times. */
export class ReportingTree {
  /** Managers before their reports. */
  readonly posts: readonly TreePosition[]
  readonly #byAgent: ReadonlyMap<AgentId, TreePosition>

  constructor(shape: Pick<Topology, 'members' | 'parentOf'>) {
    const byAgent = new Map<AgentId, TreePosition & { readonly reports: TreePosition[] }>()
    for (const agentId of shape.members()) {
      const parentId = shape.parentOf(agentId)
      const manager = parentId === undefined ? undefined : byAgent.get(parentId)
      const post = { agentId, index: byAgent.size, manager, reports: [] }
      manager?.reports.push(post)
      byAgent.set(agentId, post)
    }
    this.posts = [...byAgent.values()]
    this.#byAgent = byAgent
  }

  /** Undefined where there are no members. */
  get root(): TreePosition | undefined {
    return this.posts[0]
  }

  find(agentId: AgentId): TreePosition | undefined {
    return this.#byAgent.get(agentId)
  }
}

/** Nearest first, up to the root. */
export function managersAbove({ manager }: TreePosition): readonly AgentId[] {
  const managers: AgentId[] = []
  for (let at = manager; at !== undefined; at = at.manager) managers.push(at.agentId)
  return managers
}

/** From the root down to the post, both included. */
export function pathDownTo(post: TreePosition): readonly AgentId[] {
  return [post.agentId, ...managersAbove(post)].toReversed()
}
