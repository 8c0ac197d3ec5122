import type { BudgetAmounts, BudgetRecord } from '../../model/budget-record.ts'
import type { ControlRecord, ControlTarget, RateLimit } from '../../model/control-record.ts'

export interface SetControlRequest {
  readonly target: ControlTarget
  /** Left out for no limit. */
  readonly concurrencyMax?: number
  readonly rate?: RateLimit
}

export interface PauseRequest {
  readonly target: ControlTarget
  readonly reason: string
}

/** What an operator limits and pauses. */
export interface ControlService {
  /** In the order of their targets. */
  list(): Promise<readonly ControlRecord[]>
  /** In place of the limits of before; a pause stays as it is. @throws `limit_exceeded` */
  set(request: SetControlRequest): Promise<ControlRecord>
  /** Lifts all limits and the pause of the target. @throws `control_not_found` */
  remove(request: { readonly target: ControlTarget }): Promise<null>
  /** Starts nothing of the target until it is resumed. What runs goes on. @throws `limit_exceeded` */
  pause(request: PauseRequest): Promise<ControlRecord>
  /** @throws `control_not_found` where the target is not paused */
  resume(request: { readonly target: ControlTarget }): Promise<ControlRecord>
}

export interface SetBudgetRequest {
  /** `swarm`, `key:NAME` or `task:ID`. */
  readonly target: string
  readonly limit: BudgetAmounts
}

export interface BudgetService {
  /** In the order of their targets. */
  list(): Promise<readonly BudgetRecord[]>
  /** Sets the limits; what was used and is reserved stays counted. @throws `limit_exceeded` */
  set(request: SetBudgetRequest): Promise<BudgetRecord>
  /** Adds to the limits. @throws `budget_not_found` */
  topUp(request: { readonly target: string; readonly amounts: BudgetAmounts }): Promise<BudgetRecord>
  /** @throws `budget_not_found` */
  remove(request: { readonly target: string }): Promise<null>
}
