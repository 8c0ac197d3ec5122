import { TimerQueue } from '../kernel/timer-queue.ts'
import type { AgentId, EpochMs, FencingToken, MonotonicMs, TaskId } from '../model/ids.ts'
import type { TaskLease, TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'

interface TimedLease {
  readonly lease: TaskLease
  readonly timeoutMs: number
  /** When the attempt has taken `timeoutMs`; nothing extends a lease past it. */
  readonly timeoutAt: MonotonicMs
  /** The agent has named the task since it was given to it. */
  isReceived: boolean
  /** When that, and the time used, was last written to the record. */
  recordedAt: MonotonicMs | undefined
}

export type LeaseEnd = 'lease_expired' | 'timeout'

export interface LeaseKeeperModules {
  readonly clock: Clock
  onEnd(taskId: TaskId, lease: TaskLease, end: LeaseEnd): void
}

/** The time used is written with a renewal once this share of a lease has passed since the last time. */
const RECORD_EVERY_RATIO = 0.5

/**
 * Times the leases of the tasks that this node owns, on its monotonic clock: a wall clock that jumps neither ends nor
 * extends one (Gray & Cheriton, "Leases", SOSP 1989).
 */
export class LeaseKeeper {
  readonly #clock: Clock
  readonly #onEnd: LeaseKeeperModules['onEnd']
  readonly #leases = new Map<TaskId, TimedLease>()
  readonly #alarms: TimerQueue<TaskId>

  constructor({ clock, onEnd }: LeaseKeeperModules) {
    this.#clock = clock
    this.#onEnd = onEnd
    this.#alarms = new TimerQueue((taskId) => this.#expire(taskId), { clock })
  }

  /**
   * Begins a lease in full, also one found after a restart or takeover.
   *
   * @param usedMs how much of `timeoutMs` the attempt has used already
   */
  begin(taskId: TaskId, lease: TaskLease, timeoutMs: number, usedMs = 0): void {
    const leftMs = Math.max(0, timeoutMs - usedMs)
    const timeoutAt = (this.#clock.monotonic() + leftMs) as MonotonicMs
    const isReceived = lease.isReceived === true
    this.#leases.set(taskId, { lease, timeoutMs, timeoutAt, isReceived, recordedAt: undefined })
    // An earlier assignment's alarm may stand later than this one's.
    this.#alarms.delete(taskId)
    this.#alarms.set(taskId, Math.min(lease.leaseMs, leftMs))
  }

  /**
   * The agent named the task: it has it, and keeps it.
   *
   * @returns false where the agent does not hold the task under this token.
   */
  renew(taskId: TaskId, agentId: AgentId, token: FencingToken): boolean {
    const timed = this.#timed(taskId, token)
    if (timed === undefined || timed.lease.agentId !== agentId) return false
    timed.isReceived = true
    this.#alarms.set(taskId, Math.min(timed.lease.leaseMs, timed.timeoutAt - this.#clock.monotonic()))
    return true
  }

  leaseOf(taskId: TaskId): TaskLease | undefined {
    return this.#leases.get(taskId)?.lease
  }

  /** Whether the agent has named the task since it was given to it. */
  isReceived(taskId: TaskId, token: FencingToken): boolean {
    return this.#timed(taskId, token)?.isReceived ?? false
  }

  /** How much of `timeoutMs` the attempt has used, in milliseconds. */
  usedMs(taskId: TaskId, token: FencingToken): number {
    const timed = this.#timed(taskId, token)
    if (timed === undefined) return 0
    return Math.round(timed.timeoutMs - (timed.timeoutAt - this.#clock.monotonic()))
  }

  /** Whether it is time to write the time used to the record again. */
  isRecordDue(taskId: TaskId, token: FencingToken): boolean {
    const timed = this.#timed(taskId, token)
    if (timed === undefined) return false
    const { recordedAt, lease } = timed
    return (
      recordedAt === undefined || this.#clock.monotonic() >= recordedAt + RECORD_EVERY_RATIO * lease.leaseMs
    )
  }

  recorded(taskId: TaskId, token: FencingToken): void {
    const timed = this.#timed(taskId, token)
    if (timed !== undefined) timed.recordedAt = this.#clock.monotonic()
  }

  /** Ends the timing of a lease, unless a newer one has begun. */
  end(taskId: TaskId, token: FencingToken): void {
    if (this.#timed(taskId, token) === undefined) return
    this.#leases.delete(taskId)
    this.#alarms.delete(taskId)
  }

  stop(): void {
    this.#alarms.clear()
    this.#leases.clear()
  }

  #timed(taskId: TaskId, token: FencingToken): TimedLease | undefined {
    const timed = this.#leases.get(taskId)
    return timed?.lease.fencingToken === token ? timed : undefined
  }

  #expire(taskId: TaskId): void {
    const timed = this.#leases.get(taskId)
    if (timed === undefined) return
    const isTimeout = this.#clock.monotonic() >= timed.timeoutAt
    this.#onEnd(taskId, timed.lease, isTimeout ? 'timeout' : 'lease_expired')
  }
}

/**
 * How much of `timeoutMs` an attempt found in the store has used. Nobody timed it since it was last written; by the
 * wall clock, which may have been set meanwhile, at most one lease is added.
 */
export function usedMsOf({ lease, assignedAt }: TaskRecord, now: EpochMs): number {
  if (lease === undefined) return 0
  const { usedMs = 0, usedAt = assignedAt ?? now, leaseMs } = lease
  return usedMs + Math.min(leaseMs, Math.max(0, now - usedAt))
}
