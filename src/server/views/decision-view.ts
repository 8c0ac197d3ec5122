import type { TaskDecision } from '#contract/decision.ts'
import type { DecisionRecord } from '#domain/distribution/decision-record.ts'
import { wireTime } from './wire-time.ts'

export function decisionView(record: DecisionRecord): TaskDecision {
  return { ...record, candidates: [...record.candidates], decidedAt: wireTime(record.decidedAt) }
}
