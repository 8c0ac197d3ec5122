import type { PatternKind } from '../../model/pattern-settings.ts'
import type { Observation } from './observation.ts'

export const SEVERITIES = ['low', 'medium', 'high'] as const
export type Severity = (typeof SEVERITIES)[number]

/** A group of agents that a finding tells apart, with what they have in common. */
export interface PatternGroup {
  /** For people: a task type, `bloc 1`, `community 2`. */
  readonly label: string
  readonly agentIds: readonly string[]
}

/** One time that a detector saw its pattern. */
export interface Finding {
  readonly kind: PatternKind
  /** Findings with the same kind and key are the same pattern. */
  readonly key: string
  /** Agents that take part, those with the largest part first; at most {@link AGENTS_NAMED_MAX}. */
  readonly agentIds: readonly string[]
  /** Sequence numbers of the events that show it, oldest first; at most {@link EVIDENCE_MAX}, the newest ones. */
  readonly evidence: readonly number[]
  /** Tasks that a response can act on, newest first; empty where no task is part of the pattern. */
  readonly taskIds: readonly string[]
  readonly groups: readonly PatternGroup[]
  /** Chance of a finding at least this extreme in one judgement under the null model; 0 for exact detectors. */
  readonly pValue: number
  /** Size of the effect, 0 (none) to 1; each detector documents what it measures. Severity follows from it alone. */
  readonly effect: number
  /** Mean period of the agents' rhythm, in milliseconds; of synchrony only. */
  readonly periodMs?: number
  /** Time of the newest event of the evidence, in milliseconds. */
  readonly at: number
}

/** What a detector concludes when it has seen enough to judge. */
export interface Judgement {
  /** Patterns of the detector's kind that it sees now; the others of its kind are quiet. */
  readonly found: readonly Finding[]
  /** Keys of patterns that are over for certain. */
  readonly over?: readonly string[]
}

/** Reads observations in order, in bounded memory, and judges from time to time. */
export interface Detector {
  readonly kind: PatternKind
  /** Kinds of observations that it reads; it need not be shown others. */
  readonly reads: readonly Observation['kind'][]
  observe(observation: Observation): Judgement | undefined
}

export const AGENTS_NAMED_MAX = 64
export const EVIDENCE_MAX = 64

/**
 * Chance of a false alarm in one window under the null model that the detectors aim at. The promise is 1 in 10 000
 * windows; a fifth of it is aimed at, because some null distributions are approximations.
 */
export const FALSE_ALARMS_PER_WINDOW = 2e-5

/** `low` below an effect of 0.33, `medium` below 0.66, `high` from there on. */
export function severityOf(effect: number): Severity {
  if (effect < 0.33) return 'low'
  return effect < 0.66 ? 'medium' : 'high'
}
