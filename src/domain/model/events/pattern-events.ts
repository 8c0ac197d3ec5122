import type { PatternKind } from '../pattern-settings.ts'

type Severity = 'low' | 'medium' | 'high'

/** Events of what detectors see in the log; the subject is the pattern. */
export interface PatternEvents {
  'pattern.detected': {
    readonly kind: PatternKind
    readonly severity: Severity
    readonly effect: number
    readonly pValue: number
    readonly agentIds: readonly string[]
    readonly taskIds: readonly string[]
    /** Sequence numbers. */
    readonly evidence: readonly number[]
    readonly groups: readonly { readonly label: string; readonly agentIds: readonly string[] }[]
  }
  'pattern.ended': {
    readonly kind: PatternKind
    readonly severity: Severity
    readonly findings: number
    readonly seenForMs: number
  }
  'pattern.responded': {
    readonly kind: PatternKind
    readonly action:
      | 'spread_load'
      | 'break_bounce'
      | 'fail_task'
      | 'open_breakers'
      | 'stagger'
      | 'notify_operator'
    readonly agentIds: readonly string[]
    readonly taskIds: readonly string[]
    readonly durationMs: number
  }
}
