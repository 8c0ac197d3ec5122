import type { EpochMs } from '../model/ids.ts'

/**
 * When a cron expression fires.
 *
 * An expression has five fields (minute, hour, day of month, month, weekday) or six, with seconds before them. Where
 * both day of month and weekday are restricted, a day that fits either counts.
 *
 * An expression without `*`, `?` and `/` in its seconds, minutes and hours names times of day. A time that the zone
 * skips fires once, at the end of the gap, together with all others in the gap; a time that occurs twice fires at its
 * first occurrence. Every other expression follows the local clock: a time that is skipped does not fire, and a time
 * that occurs twice fires twice. Vixie cron has the same two classes.
 */
export interface CronCalendar {
  /**
   * The first time after `after`; undefined where there is none, for instance on 30 February.
   *
   * @param timeZone a name of the IANA time zone database
   * @throws RangeError, with a sentence about what is wrong, for an expression or a zone that does not exist
   */
  next(expression: string, timeZone: string, after: EpochMs): EpochMs | undefined
}
