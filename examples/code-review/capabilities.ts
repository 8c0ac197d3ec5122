import type { ReviewKind } from './review/finding.ts'
import { REVIEW_KINDS } from './review/kinds.ts'

/** The work that comes after the reviews, each a type of task and the capability it needs. */
export const FOLLOW_UP = 'review.follow-up'
export const CHECKPOINT = 'review.checkpoint'
export const REPORT = 'review.report'

const REVIEW_CAPABILITIES = Object.values(REVIEW_KINDS).map(({ capability }) => capability)
export const ALL_CAPABILITIES: readonly string[] = [...REVIEW_CAPABILITIES, FOLLOW_UP, REPORT, CHECKPOINT]

/** These read the whole tree before their first file, so that only the two agents who must can do them. */
const COSTLY: ReadonlySet<string> = new Set([
  REVIEW_KINDS.duplication.capability,
  REVIEW_KINDS.dependencies.capability,
])

/** Whether a review of this kind looks at the whole tree first. */
export function isCostly(kind: ReviewKind): boolean {
  return COSTLY.has(REVIEW_KINDS[kind].capability)
}

/**
 * What the `index`-th of `count` agents can do: different things each, and everything by somebody. With two agents or
 * more, everything by two at least, so that one may die.
 */
export function capabilitiesOf(index: number, count: number): readonly string[] {
  return ALL_CAPABILITIES.filter((capability, position) => {
    const isOwner = position % count === index || (position + 1) % count === index
    // Beyond that each agent knows a few neighbouring things, so that plentiful work has plenty of hands.
    const distance = (position - index + count * ALL_CAPABILITIES.length) % ALL_CAPABILITIES.length
    return isOwner || (distance < 3 && !COSTLY.has(capability))
  })
}
