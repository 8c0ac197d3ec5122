import type { AgentId, FencingToken, MonotonicMs, TaskId } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { TaskLease } from './task-record.ts'
import { TimerQueue } from './timer-queue.ts'

interface TimedLease {
  readonly lease: TaskLease
  /** When the attempt has taken `timeoutMs`; nothing extends a lease past it. */
  readonly timeoutAt: MonotonicMs
}

export type LeaseEnd = 'lease_expired' | 'timeout'

export interface LeaseKeeperModules {
  readonly clock: Clock
  onEnd(taskId: TaskId, lease: TaskLease, end: LeaseEnd): void
}

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

  /** Begins a lease in full, also one found after a restart or takeover. */
  begin(taskId: TaskId, lease: TaskLease, timeoutMs: number): void {
    this.#leases.set(taskId, { lease, timeoutAt: (this.#clock.monotonic() + timeoutMs) as MonotonicMs })
    // An earlier assignment's alarm may stand later than this one's.
    this.#alarms.delete(taskId)
    this.#alarms.set(taskId, Math.min(lease.leaseMs, timeoutMs))
  }

  /** @returns false where the agent does not hold the task under this token. */
  renew(taskId: TaskId, agentId: AgentId, token: FencingToken): boolean {
    const timed = this.#leases.get(taskId)
    if (timed === undefined || timed.lease.fencingToken !== token || timed.lease.agentId !== agentId)
      return false
    this.#alarms.set(taskId, Math.min(timed.lease.leaseMs, timed.timeoutAt - this.#clock.monotonic()))
    return true
  }

  leaseOf(taskId: TaskId): TaskLease | undefined {
    return this.#leases.get(taskId)?.lease
  }

  /** Ends the timing of a lease, unless a newer one has begun. */
  end(taskId: TaskId, token: FencingToken): void {
    if (this.#leases.get(taskId)?.lease.fencingToken !== token) return
    this.#leases.delete(taskId)
    this.#alarms.delete(taskId)
  }

  stop(): void {
    this.#alarms.clear()
    this.#leases.clear()
  }

  #expire(taskId: TaskId): void {
    const timed = this.#leases.get(taskId)
    if (timed === undefined) return
    const isTimeout = this.#clock.monotonic() >= timed.timeoutAt
    this.#onEnd(taskId, timed.lease, isTimeout ? 'timeout' : 'lease_expired')
  }
}
