import type { Skills, SkillVector, Tally } from './skills.ts'

/** Standard deviations from chance at which two directions count as fully aligned. */
const FULL_ALIGNMENT = 3

/**
 * How surely two agents, or an agent and the sum of a group, are better and worse than others at the same kinds, 0 to 1.
 *
 * Each direction is the vector of what was achieved beyond the rate of the kind. Their product is measured against its
 * spread if no agent differed from the rate: chance gives 0 on average, and three standard deviations count as 1.
 */
export function alignment(skills: Skills, a: SkillVector, b: SkillVector): number {
  const [fewer, more] = a.size <= b.size ? [a, b] : [b, a]
  let product = 0
  let variance = 0
  for (const [kind, tally] of fewer) {
    const other = more.get(kind)
    if (other === undefined) continue
    const rate = skills.rate(kind)
    product += beyond(tally, rate) * beyond(other, rate)
    variance += tally.attempts * other.attempts * (rate * (1 - rate)) ** 2
  }
  if (variance <= 1e-12) return 0
  return Math.min(1, Math.max(0, product / Math.sqrt(variance) / FULL_ALIGNMENT))
}

function beyond({ successes, attempts }: Tally, rate: number): number {
  return successes - attempts * rate
}
