import { describe, expect, it } from 'vitest'
import { type EpochMs, epochMs } from '#domain/model/ids.ts'
import { dueRun, nextFireTime, type Timing } from '#domain/schedules/fire-times.ts'
import { CronerCalendar } from '#infra/system/croner-calendar.ts'

const calendar = new CronerCalendar()
const at = (text: string): EpochMs => epochMs(Date.parse(text))

function runsBetween(timing: Timing, from: string, to: string): readonly string[] {
  const runs: string[] = []
  const end = at(to)
  let next = nextFireTime(timing, epochMs(at(from) - 1), calendar)
  while (next !== undefined && next < end) {
    runs.push(new Date(next).toISOString().slice(0, 16))
    next = nextFireTime(timing, next, calendar)
  }
  return runs
}

const cron = (expression: string, timeZone: string): Timing => ({ kind: 'cron', expression, timeZone })

/**
 * Made by hand from the rules of the zones. Berlin: 2 → 3 on the last Sunday of March, 3 → 2 on that of October. New
 * York: 2 → 3 on the second Sunday of March, 2 → 1 on the first of November. Lord Howe, by half an hour: 2:00 → 1:30
 * on the first Sunday of April, 2:00 → 2:30 on that of October.
 */
const DST_DAYS: readonly [
  zone: string,
  expression: string,
  from: string,
  to: string,
  runs: readonly string[],
][] = [
  // Gap: 02:00–03:00 does not exist. A time of day in it fires at its end, once.
  [
    'Europe/Berlin',
    '30 2 * * *',
    '2027-03-27T23:00Z',
    '2027-03-29T22:00Z',
    ['2027-03-28T01:00', '2027-03-29T00:30'],
  ],
  ['Europe/Berlin', '0,30 2 * * *', '2027-03-27T23:00Z', '2027-03-28T22:00Z', ['2027-03-28T01:00']],
  [
    'Europe/Berlin',
    '30 2,3 * * *',
    '2027-03-27T23:00Z',
    '2027-03-28T22:00Z',
    ['2027-03-28T01:00', '2027-03-28T01:30'],
  ],
  // An expression that follows the local clock has nothing in the gap.
  ['Europe/Berlin', '*/15 2 * * *', '2027-03-27T23:00Z', '2027-03-28T22:00Z', []],
  [
    'Europe/Berlin',
    '0 * * * *',
    '2027-03-28T00:00Z',
    '2027-03-28T03:00Z',
    ['2027-03-28T00:00', '2027-03-28T01:00', '2027-03-28T02:00'],
  ],
  // Overlap: 02:00–03:00 is twice. A time of day fires at the first.
  [
    'Europe/Berlin',
    '30 2 * * *',
    '2027-10-30T22:00Z',
    '2027-11-01T23:00Z',
    ['2027-10-31T00:30', '2027-11-01T01:30'],
  ],
  [
    'Europe/Berlin',
    '0,30 2 * * *',
    '2027-10-30T22:00Z',
    '2027-10-31T23:00Z',
    ['2027-10-31T00:00', '2027-10-31T00:30'],
  ],
  [
    'Europe/Berlin',
    '*/30 2 * * *',
    '2027-10-30T22:00Z',
    '2027-10-31T23:00Z',
    ['2027-10-31T00:00', '2027-10-31T00:30', '2027-10-31T01:00', '2027-10-31T01:30'],
  ],
  [
    'Europe/Berlin',
    '0 * * * *',
    '2027-10-31T00:00Z',
    '2027-10-31T03:00Z',
    ['2027-10-31T00:00', '2027-10-31T01:00', '2027-10-31T02:00'],
  ],
  ['Europe/Berlin', '30 2 * * *', '2028-03-25T23:00Z', '2028-03-26T22:00Z', ['2028-03-26T01:00']],
  ['Europe/Berlin', '30 2 * * *', '2028-10-28T22:00Z', '2028-10-29T23:00Z', ['2028-10-29T00:30']],
  ['America/New_York', '30 2 * * *', '2027-03-14T05:00Z', '2027-03-15T04:00Z', ['2027-03-14T07:00']],
  ['America/New_York', '30 1 * * *', '2027-11-07T04:00Z', '2027-11-08T05:00Z', ['2027-11-07T05:30']],
  [
    'America/New_York',
    '*/30 1 * * *',
    '2027-11-07T04:00Z',
    '2027-11-08T05:00Z',
    ['2027-11-07T05:00', '2027-11-07T05:30', '2027-11-07T06:00', '2027-11-07T06:30'],
  ],
  ['America/New_York', '30 2 * * *', '2028-03-12T05:00Z', '2028-03-13T04:00Z', ['2028-03-12T07:00']],
  ['America/New_York', '30 1 * * *', '2028-11-05T04:00Z', '2028-11-06T05:00Z', ['2028-11-05T05:30']],
  ['Australia/Lord_Howe', '45 1 * * *', '2027-04-03T13:00Z', '2027-04-04T13:30Z', ['2027-04-03T14:45']],
  ['Australia/Lord_Howe', '15 2 * * *', '2027-10-02T13:30Z', '2027-10-03T13:00Z', ['2027-10-02T15:30']],
  ['Australia/Lord_Howe', '45 1 * * *', '2028-04-01T13:00Z', '2028-04-02T13:30Z', ['2028-04-01T14:45']],
  ['Australia/Lord_Howe', '15 2 * * *', '2028-09-30T13:30Z', '2028-10-01T13:00Z', ['2028-09-30T15:30']],
]

describe('nextFireTime', () => {
  it.each(DST_DAYS)('%s: %s from %s to %s', (zone, expression, from, to, runs) => {
    expect(runsBetween(cron(expression, zone), from, to)).toEqual(runs)
  })

  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-12-31T23:00Z', '2028-12-31T23:00Z'],
    ['America/New_York', '30 2 * * *', '2027-01-01T05:00Z', '2029-01-01T05:00Z'],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-12-31T13:00Z', '2028-12-31T13:00Z'],
  ])('fires once on each of the 731 days of two years in %s', (zone, expression, from, to) => {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
    const runs = runsBetween(cron(expression, zone), from, to)
    expect(runs).toHaveLength(731)
    expect(new Set(runs.map((run) => day.format(at(`${run}Z`)))).size).toBe(731)
  })

  it('fires an interval at multiples from its start, whenever it is asked', () => {
    const timing: Timing = { kind: 'interval', everyMs: 90_000, startAt: at('2027-01-01T00:00:10Z') }
    expect(nextFireTime(timing, at('2026-01-01T00:00Z'), calendar)).toBe(timing.startAt)
    expect(nextFireTime(timing, timing.startAt, calendar)).toBe(timing.startAt + 90_000)
    expect(nextFireTime(timing, epochMs(timing.startAt + 89_999), calendar)).toBe(timing.startAt + 90_000)
    expect(nextFireTime(timing, epochMs(timing.startAt + 90_000), calendar)).toBe(timing.startAt + 180_000)
  })

  it('fires once at a time, and never after it', () => {
    const timing: Timing = { kind: 'once', at: at('2027-01-01T00:00Z') }
    expect(nextFireTime(timing, epochMs(timing.at - 1), calendar)).toBe(timing.at)
    expect(nextFireTime(timing, timing.at, calendar)).toBeUndefined()
  })

  it('fires never on a day that does not exist', () => {
    expect(nextFireTime(cron('0 0 30 2 *', 'UTC'), at('2027-01-01T00:00Z'), calendar)).toBeUndefined()
  })

  it('reads six fields as seconds first', () => {
    expect(runsBetween(cron('*/20 * * * * *', 'UTC'), '2027-01-01T00:00Z', '2027-01-01T00:01Z')).toHaveLength(
      3,
    )
  })

  it('counts a day that fits either of day of month and weekday', () => {
    // 2027-01-01 is a Friday.
    const runs = runsBetween(cron('0 0 13 * FRI', 'UTC'), '2027-01-01T00:00Z', '2027-01-16T00:00Z')
    expect(runs.map((run) => run.slice(8, 10))).toEqual(['01', '08', '13', '15'])
  })

  it.each([
    ['61 * * * *', 'UTC'],
    ['* * * *', 'UTC'],
    ['* * * * * * *', 'UTC'],
    ['@daily', 'UTC'],
    ['2027-01-01T00:00:00', 'UTC'],
    ['', 'UTC'],
    ['*/0 * * * *', 'UTC'],
    [`${'0,'.repeat(300)}0 * * * *`, 'UTC'],
    ['0 0 * * *', 'Mars/Base'],
    ['0 0 * * *', ''],
    ['0 0 * * *', '__proto__'],
  ])('refuses %j in %j', (expression, zone) => {
    expect(() => nextFireTime(cron(expression, zone), at('2027-01-01T00:00Z'), calendar)).toThrow(RangeError)
  })
})

describe('dueRun', () => {
  const hourly = cron('0 * * * *', 'UTC')
  const dueAt = at('2027-01-01T01:00Z')

  it('runs what has just fallen due, and names the next', () => {
    const now = epochMs(dueAt + 3_000)
    expect(dueRun(hourly, dueAt, now, 'skip', calendar)).toEqual({
      fireAt: dueAt,
      nextRunAt: at('2027-01-01T02:00Z'),
      hasMissed: false,
    })
  })

  it('skips what was missed, or runs it once', () => {
    const now = at('2027-01-01T05:30Z')
    const nextRunAt = at('2027-01-01T06:00Z')
    expect(dueRun(hourly, dueAt, now, 'skip', calendar)).toEqual({
      fireAt: undefined,
      nextRunAt,
      hasMissed: true,
    })
    expect(dueRun(hourly, dueAt, now, 'run_once', calendar)).toEqual({
      fireAt: dueAt,
      nextRunAt,
      hasMissed: true,
    })
  })

  it('runs only the newest where another run has just fallen due after those that were missed', () => {
    const now = at('2027-01-01T05:00:05Z')
    for (const policy of ['skip', 'run_once'] as const) {
      const run = dueRun(hourly, dueAt, now, policy, calendar)
      expect(run).toEqual({
        fireAt: at('2027-01-01T05:00Z'),
        nextRunAt: at('2027-01-01T06:00Z'),
        hasMissed: true,
      })
    }
  })

  it('runs a time that was missed once, and nothing after it', () => {
    const once: Timing = { kind: 'once', at: dueAt }
    const late = at('2027-01-02T00:00Z')
    const none = { nextRunAt: undefined, hasMissed: true }
    expect(dueRun(once, dueAt, late, 'run_once', calendar)).toEqual({ ...none, fireAt: dueAt })
    expect(dueRun(once, dueAt, late, 'skip', calendar)).toEqual({ ...none, fireAt: undefined })
  })
})
