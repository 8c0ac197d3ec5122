import type { TaskSubmitInput } from '#contract/index.ts'
import type { ScheduleCreate, SchedulePage, ScheduleView } from '#contract/schedule.ts'
import type { HttpRequest } from './http-connection.ts'
import type { PageOptions } from './swarm-client-options.ts'

export interface SchedulesClientModules {
  call<T>(request: HttpRequest): Promise<T>
}

/** A schedule as a client may write it. */
export interface ScheduleInput {
  /** Lower-case letters, digits and hyphens, at most 63. */
  readonly scheduleId: string
  /** `{ kind: 'cron', expression, timeZone? }`, `{ kind: 'interval', everyMs, startAt? }` or `{ kind: 'once', at }`. */
  readonly timing: ScheduleCreate['timing']
  /** The task that each run submits. */
  readonly task: Omit<TaskSubmitInput, 'dependsOn' | 'parentTaskId' | 'deadline'>
  /** Where the task of the last run is not over; default `skip`. */
  readonly overlap?: ScheduleCreate['overlap']
  /** Runs that nobody could start for more than a minute; default `skip`. */
  readonly missedRuns?: ScheduleCreate['missedRuns']
  readonly description?: string
  readonly isPaused?: boolean
}

/** Tasks that one swarm submits by the clock. */
export class SchedulesClient {
  readonly #call: SchedulesClientModules['call']

  constructor({ call }: SchedulesClientModules) {
    this.#call = call
  }

  /** Safe to repeat: the same schedule again is answered as the first time. */
  create(schedule: ScheduleInput): Promise<ScheduleView> {
    return this.#call({ method: 'POST', path: '/schedules', body: schedule, isRepeatable: true })
  }

  /** In the order of their ids. */
  list({ signal, ...query }: PageOptions = {}): Promise<SchedulePage> {
    return this.#call({ method: 'GET', path: '/schedules', query, signal })
  }

  get(scheduleId: string): Promise<ScheduleView> {
    return this.#call({ method: 'GET', path: pathOf(scheduleId) })
  }

  pause(scheduleId: string): Promise<ScheduleView> {
    return this.#call({ method: 'POST', path: `${pathOf(scheduleId)}/pause`, isRepeatable: true })
  }

  resume(scheduleId: string): Promise<ScheduleView> {
    return this.#call({ method: 'POST', path: `${pathOf(scheduleId)}/resume`, isRepeatable: true })
  }

  /** Submits its task now; `lastRun` names it. */
  run(scheduleId: string): Promise<ScheduleView> {
    return this.#call({ method: 'POST', path: `${pathOf(scheduleId)}/run` })
  }

  delete(scheduleId: string): Promise<void> {
    return this.#call({ method: 'DELETE', path: pathOf(scheduleId) })
  }
}

function pathOf(scheduleId: string): string {
  return `/schedules/${encodeURIComponent(scheduleId)}`
}
