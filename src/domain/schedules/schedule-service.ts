import type { JsonText, TaskId } from '../model/ids.ts'
import type { TaskSpec } from '../model/task-record.ts'
import type { MissedRunPolicy, Timing } from './fire-times.ts'
import type { OverlapPolicy, ScheduleRecord } from './schedule-record.ts'

export interface CreateScheduleRequest {
  readonly scheduleId: string
  readonly description: string
  /** Without `startAt`, an interval starts one interval after the request. */
  readonly timing: Timing
  readonly spec: TaskSpec
  readonly payload: JsonText
  readonly overlap: OverlapPolicy
  readonly missedRuns: MissedRunPolicy
  readonly isPaused: boolean
}

/** Tasks that are submitted by the clock. */
export interface ScheduleService {
  /** The same request again is answered as the first time. @throws `schedule_exists`, `schedule_unsound`, `limit_exceeded` */
  create(request: CreateScheduleRequest): Promise<ScheduleRecord>
  /** @throws `schedule_not_found` */
  pause(request: { readonly scheduleId: string }): Promise<ScheduleRecord>
  /** Runs that fell due meanwhile count as missed. @throws `schedule_not_found` */
  resume(request: { readonly scheduleId: string }): Promise<ScheduleRecord>
  /**
   * Submits its task now, whatever the timing, the pause and the overlap policy say. No other run is moved.
   *
   * @param request `taskId`: of the task that is submitted, so that a repeated call cannot submit twice
   * @throws `schedule_not_found`, `limit_exceeded`
   */
  run(request: { readonly scheduleId: string; readonly taskId: TaskId }): Promise<ScheduleRecord>
  /** Its tasks stay. @throws `schedule_not_found` */
  remove(request: { readonly scheduleId: string }): Promise<null>
}
