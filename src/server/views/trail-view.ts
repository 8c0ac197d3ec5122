import type { TrailSetCreate, TrailSetView as WireTrailSet } from '#contract/trails.ts'
import type { TrailSetView } from '#domain/intelligence/trails/trail-service.ts'
import type { Evaporation, TrailSettingsInput } from '#domain/intelligence/trails/trail-settings.ts'
import { wireTime } from './wire-time.ts'

export function trailSetView({ trailSet, settings, edgeCount, createdAt }: TrailSetView): WireTrailSet {
  const { evaporation, ...limits } = settings
  return { trailSet, evaporation: { ...evaporation }, ...limits, edgeCount, createdAt: wireTime(createdAt) }
}

/** The settings as they were sent, without fields that are there and undefined. */
export function settingsInput({
  evaporation,
  ...limits
}: Omit<TrailSetCreate, 'trailSet'>): TrailSettingsInput {
  return { ...given(limits), evaporation: given(evaporation) as Evaporation }
}

function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
