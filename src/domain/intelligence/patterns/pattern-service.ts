import type { PatternRecord, PatternReview } from './pattern-record.ts'

export interface ReviewPatternRequest {
  readonly patternId: string
  readonly verdict: PatternReview['verdict']
  /** Name of the credential. */
  readonly by: string
  readonly note?: string
}

/** Patterns that the swarm noticed. They are read from their records. */
export interface PatternService {
  /** The newest review counts. @throws `pattern_not_found` */
  review(request: ReviewPatternRequest): Promise<PatternRecord>
}
