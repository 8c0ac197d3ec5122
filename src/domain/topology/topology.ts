import type { AgentId } from '../model/ids.ts'
import type { TopologySettings } from '../model/topology-settings.ts'

/** From parent to child in a tree, from a member to its successor in a ring. */
export interface Link {
  readonly from: AgentId
  readonly to: AgentId
}

/** What a change did to the links and the order. A mesh has no links to repair: everybody may talk to everybody. */
export interface Repair {
  readonly linked: readonly Link[]
  readonly unlinked: readonly Link[]
  /** Members that have another place now, a new member included. */
  readonly moved: readonly AgentId[]
}

export const NOTHING_REPAIRED: Repair = { linked: [], unlinked: [], moved: [] }

/** A member and its place: members in the order of their places are the topology's order. */
export interface MemberPlace {
  readonly agentId: AgentId
  readonly place: number
}

/** What it takes to reach every other member from one of them along the links. */
export interface Spread {
  readonly hops: number
  /** Hops to the farthest member. */
  readonly rounds: number
}

/**
 * Who may talk to whom, and along which path. Every change repairs the links at once, so that from any member there
 * is a path to any other at all times.
 *
 * Only members may be named; `add` alone wants a stranger.
 */
export interface Topology {
  readonly settings: TopologySettings
  readonly size: number
  has(agentId: AgentId): boolean
  /** In the topology's order: ring order, tree level by level, otherwise the order of joining. */
  members(): Iterable<AgentId>
  /** Stays the same while others come and go, except for the members that a repair names as moved. */
  placeOf(agentId: AgentId): number
  /** @param place where an earlier process gave the member one; above the places of all others */
  add(agentId: AgentId, place?: number): Repair
  remove(agentId: AgentId): Repair
  /** Makes the member the tree's root; other kinds have no place of honour. */
  lead(agentId: AgentId): Repair

  /** A shortest path, both ends included. Of two equally short ways round a ring, the one along its order. */
  path(from: AgentId, to: AgentId): readonly AgentId[]
  /** Whom the member can reach in one hop. */
  neighbours(agentId: AgentId): readonly AgentId[]
  /** All links that exist without being used; none in a mesh. */
  links(): Iterable<Link>
  spread(from: AgentId): Spread
  /** All members in the order in which a pipeline passes them, from `first` on. */
  stageOrder(first: AgentId): readonly AgentId[]

  /** From the root down; all members on one level where there is no hierarchy. */
  levels(): readonly (readonly AgentId[])[]
  parentOf(agentId: AgentId): AgentId | undefined
  childrenOf(agentId: AgentId): readonly AgentId[]
  /** The managers above a member, nearest first: whom it reports to, and the way a failure escalates. */
  reportingChain(agentId: AgentId): readonly AgentId[]
}
