import type { NodeId } from '../model/ids.ts'

/** A move pays only where it makes the two nodes more equal. */
export const COUNT_DIFFERENCE_MIN = 2

/**
 * The node that this one should take a swarm from: the node with the most swarms, where it has at least two more than
 * this one. So all nodes come to coordinate equally many, off by one.
 *
 * @param coordinators of all swarms, undefined where nobody coordinates one
 */
export function nodeToRelieve(
  self: NodeId,
  present: ReadonlySet<NodeId>,
  coordinators: readonly (NodeId | undefined)[],
): NodeId | undefined {
  const counts = new Map<NodeId, number>()
  for (const node of coordinators) {
    if (node !== undefined && present.has(node)) counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  let busiest: NodeId | undefined
  for (const [node, count] of counts) {
    if (busiest === undefined || count > (counts.get(busiest) ?? 0)) busiest = node
  }
  if (busiest === undefined) return undefined
  const difference = (counts.get(busiest) ?? 0) - (counts.get(self) ?? 0)
  return difference >= COUNT_DIFFERENCE_MIN ? busiest : undefined
}
