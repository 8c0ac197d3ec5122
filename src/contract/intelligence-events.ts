import { GROUP_EVENT_DATA } from './group-events.ts'
import { TRAIL_EVENT_DATA } from './trail-events.ts'

/** What the events of trails and of groups of agents carry. */
export const INTELLIGENCE_EVENT_DATA = { ...TRAIL_EVENT_DATA, ...GROUP_EVENT_DATA } as const
