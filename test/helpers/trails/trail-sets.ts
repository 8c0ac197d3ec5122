import { TrailDraft } from '#domain/intelligence/trails/trail-draft.ts'
import { TrailSet } from '#domain/intelligence/trails/trail-set.ts'
import { completeSettings, type TrailSettingsInput } from '#domain/intelligence/trails/trail-settings.ts'

/** A new trail set in memory, created at time 0. */
export function trailSet(settings: TrailSettingsInput): TrailSet {
  return new TrailSet({
    trailSet: 'test',
    settings: completeSettings(settings),
    salt: 1,
    createdAt: 0,
    startedAt: 0,
    latestAt: 0,
    edgeCount: 0,
  })
}

/** One deposit request at a time of day in milliseconds. */
export function depositInto(
  set: TrailSet,
  deposits: readonly (readonly [edge: string, amount: number])[],
  nowMs = 0,
  edgesMax = 100_000,
): void {
  const draft = new TrailDraft({ edgesMax }, set)
  draft.deposit(
    deposits.map(([edge, amount]) => ({ edge, amount })),
    nowMs,
  )
  set.apply(draft.change)
}
