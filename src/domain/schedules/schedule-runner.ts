import { allRecords } from '../kernel/all-records.ts'
import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { TimerQueue } from '../kernel/timer-queue.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import type { ScheduleEvents } from '../model/events/schedule-events.ts'
import { type DataOf, eventDraft } from '../model/events.ts'
import type { EpochMs, JsonText, TaskId } from '../model/ids.ts'
import { TASK_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskRecord, type TaskSpec } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { CronCalendar } from '../ports/cron-calendar.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import { put, type RecordKey, remove } from '../ports/records.ts'
import type { RecordsOf, Step, SwarmStore } from '../ports/swarm-store.ts'
import { dueRun, nextFireTime } from './fire-times.ts'
import { SCHEDULE_RECORDS, type ScheduleRecord } from './schedule-record.ts'
import type { CreateScheduleRequest, ScheduleService } from './schedule-service.ts'
import { timeOrderedId } from './time-ordered-id.ts'

export interface ScheduleRunnerOptions {
  /** Schedules of one swarm. */
  readonly schedulesMax: number
}

export interface ScheduleRunnerModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
  readonly calendar: CronCalendar
  readonly reminders: Reminders
  readonly logger: Logger
  readonly random: Random
  /** Submits a task in one step with what `decide` adds to the submission; nothing where `decide` leaves it out. */
  submit(
    task: ScheduledTask,
    keys: ScheduleKeys,
    decide: (records: RecordsOf<ScheduleKeys>, submission: Step<TaskRecord>) => Step<Fired>,
  ): Promise<Fired>
}

/** The schedule, and the task of its last run. */
type ScheduleKeys = readonly [RecordKey<ScheduleRecord>, RecordKey<TaskRecord>]

export interface ScheduledTask {
  readonly taskId: TaskId
  readonly scheduleId: string
  readonly spec: TaskSpec
  readonly payload: JsonText
}

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

export interface Fired {
  readonly schedule: ScheduleRecord | undefined
  /** The task that was submitted. */
  readonly task?: TaskRecord
}

/**
 * Submits tasks by the clock. The record of a schedule names its next run; the step that starts the run submits the task
 * and moves that time on, so that a run is started once, whichever node gets there. One timer stands for all schedules:
 * those that wait cost nothing.
 */
export class ScheduleRunner implements ScheduleService {
  readonly #options: ScheduleRunnerOptions
  readonly #modules: ScheduleRunnerModules
  readonly #timers: TimerQueue<string>
  readonly #known = new Set<string>()

  constructor(options: ScheduleRunnerOptions, modules: ScheduleRunnerModules) {
    this.#options = options
    this.#modules = modules
    this.#timers = new TimerQueue((scheduleId) => void this.#fire(scheduleId), modules)
  }

  /** Finds the schedules again, and starts what has fallen due meanwhile. */
  async recover(): Promise<void> {
    const { store, journal } = this.#modules
    for await (const { value } of allRecords(store, journal.scope, SCHEDULE_RECORDS)) this.#know(value)
  }

  stop(): void {
    this.#timers.clear()
  }

  async create(request: CreateScheduleRequest): Promise<ScheduleRecord> {
    const { scheduleId } = request
    this.#refuseTooMany(scheduleId)
    const { journal, clock } = this.#modules
    const record = await journal.transact([keyOf(scheduleId)], ([stored]) => {
      if (stored !== undefined) {
        if (isSameRequest(stored.value, request)) return unchanged(stored.value)
        throw new SwarmError('schedule_exists', { scheduleId })
      }
      const now = clock.now()
      const nextRunAt = this.#nextRun(request.timing, now)
      const created: ScheduleRecord = {
        ...request,
        createdAt: now,
        updatedAt: now,
        nextRunAt,
        runCount: 0,
        skippedCount: 0,
      }
      return this.#written(created, 'schedule.created', now, { kind: request.timing.kind })
    })
    this.#know(record)
    return record
  }

  pause({ scheduleId }: { readonly scheduleId: string }): Promise<ScheduleRecord> {
    return this.#change(scheduleId, 'schedule.paused', (schedule) => ({ ...schedule, isPaused: true }))
  }

  resume({ scheduleId }: { readonly scheduleId: string }): Promise<ScheduleRecord> {
    return this.#change(scheduleId, 'schedule.resumed', (schedule) => ({ ...schedule, isPaused: false }))
  }

  async run({
    scheduleId,
    taskId,
  }: {
    readonly scheduleId: string
    readonly taskId: TaskId
  }): Promise<ScheduleRecord> {
    const { submit, clock } = this.#modules
    const { spec, payload } = await this.#read(scheduleId)
    const keys = [keyOf(scheduleId), { kind: TASK_RECORDS, id: taskId }] as const
    const { schedule } = await submit(
      { taskId, scheduleId, spec, payload },
      keys,
      ([stored, known], submission) => {
        if (stored === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
        // The same call again, after its answer was lost on the way from the coordinating node.
        if (known !== undefined) return unchanged({ schedule: stored.value })
        const now = clock.now()
        return this.#submitting(stored.value, now, now, submission)
      },
    )
    if (schedule === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
    return schedule
  }

  async remove({ scheduleId }: { readonly scheduleId: string }): Promise<null> {
    const { journal, clock } = this.#modules
    await journal.transact([keyOf(scheduleId)], ([stored]) => {
      if (stored === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
      const event = eventDraft('schedule.removed', scheduleId, clock.now(), {})
      return { ...unchanged(null), writes: [remove(SCHEDULE_RECORDS, scheduleId)], events: [event] }
    })
    this.#timers.delete(scheduleId)
    this.#known.delete(scheduleId)
    return null
  }

  /** A timer rang. The record decides: the run may have been started already. */
  async #fire(scheduleId: string): Promise<void> {
    const { submit, reminders, logger, clock, random } = this.#modules
    try {
      const { spec, payload, lastRun } = await this.#read(scheduleId)
      const taskId = timeOrderedId(clock.now(), random)
      const keys = [keyOf(scheduleId), { kind: TASK_RECORDS, id: lastRun?.taskId ?? taskId }] as const
      const { schedule } = await submit(
        { taskId, scheduleId, spec, payload },
        keys,
        ([found, before], submission) => this.#decide(found?.value, before?.value, submission),
      )
      if (schedule !== undefined) this.#know(schedule)
    } catch (error) {
      if (isSwarmError(error, 'not_coordinator', 'schedule_not_found')) return
      if (!isSwarmError(error)) logger.error({ error, scheduleId }, 'schedule did not run')
      // A swarm that is full takes the run once it has room, or counts it as missed.
      reminders.set(TRY_AGAIN_MS, () => void this.#fire(scheduleId))
    }
  }

  /** @throws SwarmError `schedule_not_found` */
  async #read(scheduleId: string): Promise<ScheduleRecord> {
    const { store, journal } = this.#modules
    const stored = await store.get(journal.scope, keyOf(scheduleId))
    if (stored === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
    return stored.value
  }

  #decide(
    schedule: ScheduleRecord | undefined,
    before: TaskRecord | undefined,
    submission: Step<TaskRecord>,
  ): Step<Fired> {
    const { calendar, clock } = this.#modules
    const now = clock.now()
    if (schedule?.nextRunAt === undefined || schedule.isPaused || schedule.nextRunAt > now)
      return unchanged({ schedule })
    const { timing, missedRuns, overlap } = schedule
    const { fireAt, nextRunAt, hasMissed } = dueRun(timing, schedule.nextRunAt, now, missedRuns, calendar)
    const { nextRunAt: _, ...rest } = schedule
    const moved: ScheduleRecord = {
      ...rest,
      ...(nextRunAt === undefined ? {} : { nextRunAt }),
      skippedCount: schedule.skippedCount + (hasMissed ? 1 : 0),
    }
    const isOverlapping = overlap === 'skip' && before !== undefined && !isTerminal(before.status)
    if (fireAt === undefined || isOverlapping) {
      const reason = isOverlapping ? 'overlap' : 'missed'
      const skippedCount = moved.skippedCount + (isOverlapping ? 1 : 0)
      const step = this.#written({ ...moved, skippedCount }, 'schedule.skipped', now, { reason })
      return { ...step, result: { schedule: step.result } }
    }
    return this.#submitting(moved, fireAt, now, submission)
  }

  /** The run's task, and the schedule that remembers it, in one step. */
  #submitting(
    schedule: ScheduleRecord,
    fireAt: EpochMs,
    now: EpochMs,
    submission: Step<TaskRecord>,
  ): Step<Fired> {
    const task = submission.result
    const lastRun = { fireAt, taskId: task.taskId }
    const ran = { ...schedule, runCount: schedule.runCount + 1, lastRun }
    const data = { taskId: task.taskId, lateMs: Math.max(0, now - fireAt) }
    const { writes, events, result } = this.#written(ran, 'schedule.ran', now, data)
    return {
      writes: [...submission.writes, ...writes],
      events: [...submission.events, ...events],
      ready: submission.ready,
      result: { schedule: result, task },
    }
  }

  async #change(
    scheduleId: string,
    type: 'schedule.paused' | 'schedule.resumed',
    change: (schedule: ScheduleRecord) => ScheduleRecord,
  ): Promise<ScheduleRecord> {
    const { journal, clock } = this.#modules
    const record = await journal.transact([keyOf(scheduleId)], ([stored]) => {
      if (stored === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
      const now = clock.now()
      return this.#written({ ...change(stored.value), updatedAt: now }, type, now, {})
    })
    this.#know(record)
    return record
  }

  #written<N extends keyof ScheduleEvents>(
    schedule: ScheduleRecord,
    type: N,
    now: EpochMs,
    data: DataOf<N>,
  ): Step<ScheduleRecord> {
    const event = eventDraft(type, schedule.scheduleId, now, data)
    return {
      writes: [put(SCHEDULE_RECORDS, schedule.scheduleId, schedule)],
      events: [event],
      ready: [],
      result: schedule,
    }
  }

  #know({ scheduleId, nextRunAt, isPaused }: ScheduleRecord): void {
    this.#known.add(scheduleId)
    this.#timers.delete(scheduleId)
    if (nextRunAt !== undefined && !isPaused)
      this.#timers.set(scheduleId, nextRunAt - this.#modules.clock.now())
  }

  /** @throws SwarmError `schedule_unsound`, also where no run would ever follow */
  #nextRun(timing: CreateScheduleRequest['timing'], now: EpochMs): EpochMs {
    try {
      const next = nextFireTime(timing, now, this.#modules.calendar)
      if (next === undefined) throw new RangeError('no time that it names is in the future')
      return next
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new SwarmError('schedule_unsound', { reason: error.message })
    }
  }

  #refuseTooMany(scheduleId: string): void {
    const { schedulesMax: limit } = this.#options
    const actual = this.#known.size + 1
    if (!this.#known.has(scheduleId) && actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'schedulesMax', limit, actual })
  }
}

function isSameRequest(record: ScheduleRecord, request: CreateScheduleRequest): boolean {
  const { description, timing, spec, payload, overlap, missedRuns } = record
  const mine = JSON.stringify([description, timing, spec, payload, overlap, missedRuns])
  return (
    mine ===
    JSON.stringify([
      request.description,
      request.timing,
      request.spec,
      request.payload,
      request.overlap,
      request.missedRuns,
    ])
  )
}

function keyOf(id: string): RecordKey<ScheduleRecord> {
  return { kind: SCHEDULE_RECORDS, id }
}
