import type { EpochMs } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'
import type { Pattern } from './pattern-tracker.ts'

/** What the swarm did about a pattern. */
export const RESPONSE_ACTIONS = [
  'spread_load',
  'break_bounce',
  'fail_task',
  'open_breakers',
  'stagger',
  'notify_operator',
] as const
export type ResponseAction = (typeof RESPONSE_ACTIONS)[number]

export interface PatternResponse {
  readonly action: ResponseAction
  readonly at: EpochMs
  readonly agentIds: readonly string[]
  readonly taskIds: readonly string[]
  /** How long it lasts, in milliseconds; 0 for what happens at once. */
  readonly durationMs: number
}

/** What an operator said of a pattern. Nothing is done any more about a dismissed one. */
export interface PatternReview {
  readonly verdict: 'acknowledged' | 'dismissed'
  readonly by: string
  readonly at: EpochMs
  readonly note?: string
}

export interface PatternRecord extends Pattern {
  readonly review?: PatternReview
  /** The newest {@link RESPONSES_KEPT_MAX}, oldest first. */
  readonly responses: readonly PatternResponse[]
}

export const RESPONSES_KEPT_MAX = 16

/** Under the id of the pattern. Active patterns are open records. */
export const PATTERN_RECORDS = recordKind<PatternRecord>('pattern')
