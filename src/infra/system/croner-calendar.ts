import { Cron } from 'croner'
import type { EpochMs } from '#domain/model/ids.ts'
import type { CronCalendar } from '#domain/ports/cron-calendar.ts'

/** Characters of the longest expression; a list of all minutes and hours has 230. */
const EXPRESSION_LENGTH_MAX = 400
/** Parsed expressions kept, by zone. */
const PARSED_MAX = 1_000

/** Cron expressions by croner, of which only `nextRun` is used: it holds no timer. */
export class CronerCalendar implements CronCalendar {
  readonly #parsed = new Map<string, Cron>()

  next(expression: string, timeZone: string, after: EpochMs): EpochMs | undefined {
    const found = this.#parse(expression, timeZone).nextRun(new Date(after))
    return found === null ? undefined : (found.getTime() as EpochMs)
  }

  #parse(expression: string, timeZone: string): Cron {
    const key = `${timeZone} ${expression}`
    const known = this.#parsed.get(key)
    if (known !== undefined) return known
    const parsed = parse(expression, timeZone)
    this.#parsed.set(key, parsed)
    const [oldest] = this.#parsed.keys()
    if (this.#parsed.size > PARSED_MAX && oldest !== undefined) this.#parsed.delete(oldest)
    return parsed
  }
}

function parse(expression: string, timeZone: string): Cron {
  refuseZone(timeZone)
  const fieldCount = expression.trim().split(/\s+/).length
  // Croner also reads dates and nicknames, which are no fields.
  if (expression.length > EXPRESSION_LENGTH_MAX || (fieldCount !== 5 && fieldCount !== 6))
    throw new RangeError(`a cron expression has 5 fields, or 6 with seconds: ${expression.slice(0, 80)}`)
  try {
    return new Cron(expression, { timezone: timeZone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' })
  } catch (error) {
    throw new RangeError(
      `${(error as Error).message.replace(/^Cron\w+: /, '').slice(0, 200)}: ${expression}`,
      {
        cause: error,
      },
    )
  }
}

function refuseZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone }).format(0)
  } catch (error) {
    throw new RangeError(`not a time zone of the IANA database: ${timeZone.slice(0, 80)}`, { cause: error })
  }
}
