import type { TaskDecision } from '#contract/decision.ts'
import type { DecisionRecord } from '#domain/model/decision-record.ts'
import { wireTime } from './wire-time.ts'

export function decisionView(record: DecisionRecord): TaskDecision {
  const { delegationPath, ...rest } = record
  return {
    ...rest,
    candidates: [...record.candidates],
    ...(delegationPath === undefined ? {} : { delegationPath: [...delegationPath] }),
    decidedAt: wireTime(record.decidedAt),
  }
}
