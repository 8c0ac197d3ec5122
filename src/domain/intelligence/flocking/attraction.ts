import { alignment } from './alignment.ts'
import type { Neighbours, Position } from './group.ts'
import type { Skills } from './skills.ts'
import type { WorkCosts } from './work-costs.ts'

export interface AttractionModules {
  readonly skills: Skills
  readonly costs: WorkCosts
}

/**
 * How much an agent belongs to others, 0 to 1: what it is prepared for like them, and what it can do like them. Each
 * part counts as much as it matters in this swarm: preparation by the share of set-up in the work, skill by how much
 * outcomes differ. Where neither matters nobody belongs together.
 */
export function attraction({ skills, costs }: AttractionModules, own: Position, others: Neighbours): number {
  const [preparedWeight, skillWeight] = [costs.setUpShare, skills.spread]
  const weight = preparedWeight + skillWeight
  if (weight < 0.01 || others.size === 0) return 0
  const aligned = skillWeight === 0 ? 0 : alignment(skills, own.skills, others.skills)
  return (preparedWeight * overlap(own, others) + skillWeight * aligned) / weight
}

/** The share of the others that is prepared for the same kind, for the kind they share most. */
function overlap(own: Position, others: Neighbours): number {
  const counts = own.prepared.map((kind) => others.prepared.get(kind) ?? 0)
  return Math.max(0, ...counts) / others.size
}
