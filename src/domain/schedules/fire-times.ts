import { type EpochMs, epochMs } from '../model/ids.ts'
import type { CronCalendar } from '../ports/cron-calendar.ts'

/** When a schedule runs. */
export type Timing =
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string }
  /** Every `everyMs` (1 000 or more) from `startAt` on, `startAt` included. */
  | { readonly kind: 'interval'; readonly everyMs: number; readonly startAt: EpochMs }
  | { readonly kind: 'once'; readonly at: EpochMs }

/**
 * The one rule for the time of the next run: the first time after `after` that the timing names; undefined where there
 * is none. It does not depend on when a run was started, so that a run that starts late moves no later run.
 *
 * @throws RangeError for a cron expression or a zone that does not exist
 */
export function nextFireTime(timing: Timing, after: EpochMs, calendar: CronCalendar): EpochMs | undefined {
  switch (timing.kind) {
    case 'cron':
      return calendar.next(timing.expression, timing.timeZone, after)
    case 'interval': {
      const { everyMs, startAt } = timing
      if (after < startAt) return startAt
      return epochMs(startAt + (Math.floor((after - startAt) / everyMs) + 1) * everyMs)
    }
    case 'once':
      return timing.at > after ? timing.at : undefined
    default:
      return timing satisfies never
  }
}

/** What to do about runs whose time passed while nothing could start them. */
export type MissedRunPolicy = 'skip' | 'run_once'

export interface DueRun {
  /** The time that the run is for; undefined where all that were missed are skipped. */
  readonly fireAt: EpochMs | undefined
  /** When to look again; undefined where no run follows. */
  readonly nextRunAt: EpochMs | undefined
  /** Runs of which it is known that they were left out: 0, or 1 for one or more. */
  readonly hasMissed: boolean
}

/** A run that starts later than this counts as missed, in milliseconds. */
export const MISSED_AFTER_MS = 60_000

/**
 * What is due at `now` for a schedule whose next run was to be at `dueAt` (at or before `now`). At most one run starts,
 * for the newest time that has come. Where even that is older than {@link MISSED_AFTER_MS}, the policy decides.
 */
export function dueRun(
  timing: Timing,
  dueAt: EpochMs,
  now: EpochMs,
  policy: MissedRunPolicy,
  calendar: CronCalendar,
): DueRun {
  const nextRunAt = nextFireTime(timing, now, calendar)
  const recent = nextFireTime(timing, epochMs(Math.max(dueAt, now - MISSED_AFTER_MS) - 1), calendar)
  const newest = recent === undefined || recent > now ? undefined : latest(timing, recent, now, calendar)
  const hasMissed = newest === undefined || newest > dueAt
  if (newest !== undefined) return { fireAt: newest, nextRunAt, hasMissed }
  return { fireAt: policy === 'run_once' ? dueAt : undefined, nextRunAt, hasMissed }
}

/** The last time at or before `now`, from one that is known to be within a minute of it. */
function latest(timing: Timing, from: EpochMs, now: EpochMs, calendar: CronCalendar): EpochMs {
  let newest = from
  for (;;) {
    const next = nextFireTime(timing, newest, calendar)
    // No timing names more than one time a second.
    if (next === undefined || next > now) return newest
    newest = next
  }
}
