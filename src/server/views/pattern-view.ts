import type { PatternView } from '#contract/patterns.ts'
import type { PatternRecord } from '#domain/intelligence/patterns/pattern-record.ts'
import { epochMs } from '#domain/model/ids.ts'
import { wireTime } from './wire-time.ts'

export function patternView(record: PatternRecord): PatternView {
  const { key: _key, periodMs: _period, firstSeenAt, lastSeenAt, review, responses, ...pattern } = record
  return {
    ...pattern,
    agentIds: [...pattern.agentIds],
    taskIds: [...pattern.taskIds],
    evidence: [...pattern.evidence],
    groups: pattern.groups.map(({ label, agentIds }) => ({ label, agentIds: [...agentIds] })),
    firstSeenAt: wireTime(epochMs(firstSeenAt)),
    lastSeenAt: wireTime(epochMs(lastSeenAt)),
    ...(review === undefined ? {} : { review: { ...review, at: wireTime(review.at) } }),
    responses: responses.map(({ at, agentIds, taskIds, ...response }) => ({
      ...response,
      agentIds: [...agentIds],
      taskIds: [...taskIds],
      at: wireTime(at),
    })),
  }
}
